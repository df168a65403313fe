"""What a user sees while a study runs: trials done, running and left, the loss now, the time still to go."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import assert_never

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from analysis.words import shown
from search.jobs import Event, Watch


@contextmanager
def progress(todo: int, epochs: int) -> Iterator[Watch]:
    """A bar over `todo` trials of `epochs` epochs each; silent where stdout is no terminal."""
    if not sys.stdout.isatty() or not todo:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[ended]:,} of {task.total:,.0f} trials, {task.fields[running]} running"),
        TextColumn("· {task.fields[loss]} ·", markup=False),
        TimeElapsedColumn(),
        TextColumn("·"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, transient=True) as bars:
        bar = bars.add_task("training", total=todo, ended=0, running=0, loss="starting Ray")
        yield _Watcher(bars, bar, epochs)


class _Watcher:
    """Turns events into the state of the bar; an epoch moves it by its share of a trial."""

    def __init__(self, bars: Progress, bar: TaskID, epochs: int) -> None:
        self.bars, self.bar, self.epochs = bars, bar, epochs
        self.done: dict[str, float] = {}  # share of each trial
        self.ended = 0

    def __call__(self, event: Event) -> None:
        name = f"{event.job.setting.setting}, seed {event.job.replicate}"
        match event.kind:
            case "epoch":
                self.done[event.job.key] = min(1.0, event.result["epoch"] / self.epochs)
                loss = f"{name}: loss {event.result['train_loss']:.3f}"
            case "again":
                self.done.pop(event.job.key, None)
                loss = f"{name}, to be tried again: {event.result['reason']}"
            case "failed":
                self.done[event.job.key] = 1.0
                loss = f"{name}: {event.result['reason']}"
            case "pruned":
                self.done[event.job.key] = 1.0
                loss = f"{name}: stopped early"
            case "finished":
                self.done[event.job.key] = 1.0
                loss = f"{name}: error {event.result['test_error']:.1f} %"
            case _:
                assert_never(event.kind)
        self.ended += event.kind in ("finished", "pruned", "failed")
        done, running = sum(self.done.values()), len(self.done) - self.ended
        self.bars.update(self.bar, completed=round(done, 2), ended=self.ended, running=running, loss=shown(loss))
