"""The report of a run that goes on, written again and again by a process that can neither fail the run nor slow it.

That process is `python -m search.reporting FOLDER`: of the least priority, and ended with the one that started it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE
from threading import Thread
from typing import TYPE_CHECKING

from search.jobs import Event, Watch

if TYPE_CHECKING:
    from analysis.record import Run

SHARE = 10  # a report that takes long is written more seldom: at most a tenth of the time
QUICK = 10.0  # seconds: a report that takes longer is not written while a user waits for an interrupt
PATIENCE = 5.0  # seconds for a process to end when told to
ALONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # the cores are the trials'


@contextmanager
def reporting(run: "Run", watch: Watch) -> Iterator[Watch]:
    """A watch that passes on what it sees; the report is written at once, and as trials end.

    Who interrupts the run finds the report of what was left; where none could be written, that is said in the end.
    """
    writer = Writer(run.folder)

    def seen(event: Event) -> None:
        watch(event)
        writer.look(news=event.kind != "epoch")

    writer.look(news=True)
    try:
        yield seen
    except BaseException:
        writer.end()
        if writer.took < QUICK:
            _leave(run, writer)
        raise
    else:
        writer.end()
    finally:
        if writer.failure:
            print(f"explore: the report could not be written as trials ended ({writer.failure})", file=sys.stderr)


class Writer:
    """Starts a process that writes the report, one at a time and at most every 30 seconds; never waits for it."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        from analysis.going import REFRESH  # here: it takes pandas, and a command that trains nothing does without

        self.folder, self.clock, self.every = folder, clock, REFRESH
        self.failure = ""  # of the last report; none if it was written
        self.took = 0.0  # seconds, of the last one
        self.process: subprocess.Popen[bytes] | None = None
        self._began, self._ended = -float("inf"), 0.0
        self._news = False  # that no report has

    def look(self, *, news: bool) -> None:
        """Begin a report if there is something new and it is time."""
        self._news |= news
        with suppress(Exception):
            self._collect()
            if self._news and not self.process and self.clock() >= self._began + max(self.every, SHARE * self.took):
                self._begin()

    def end(self) -> None:
        """No report is written after this."""
        with suppress(Exception):
            self._collect()
            if self.process:
                self.process.terminate()
                try:
                    self.process.communicate(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.communicate()
        self.process = None

    def _begin(self) -> None:
        self._began, self._news = self.clock(), False
        command = [sys.executable, "-P", "-m", "search.reporting", str(self.folder)]  # -P: the user's folder is no path
        alone = os.environ | dict.fromkeys(ALONE, "1")
        try:  # in a group of its own: Ctrl-C is for the one that started it, who will end it
            self.process = subprocess.Popen(  # noqa: S603
                command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, env=alone, process_group=0
            )
        except OSError as error:
            self.failure = error.strerror or str(error)
            return
        self._waiter = Thread(target=self._await, args=(self.process,), daemon=True)
        self._waiter.start()

    def _await(self, process: "subprocess.Popen[bytes]") -> None:
        """When it ends, which is seen only at the next event, minutes later where epochs are long."""
        process.wait()
        self._ended = self.clock()

    def _collect(self) -> None:
        """What has come of the report, if its process has ended."""
        if self.process is None or self.process.poll() is None:
            return
        _, said = self.process.communicate()
        self._waiter.join()
        code, self.process, self.took = self.process.returncode, None, self._ended - self._began
        last = said.decode(errors="replace").strip().rpartition("\n")[2][:300]
        self.failure = (last or f"its process ended with {code}") if code else ""


def _leave(run: "Run", writer: Writer) -> None:
    """Write the report of a run that was interrupted, so that it says no longer that it goes on."""
    from analysis.report import write

    try:
        write(run, goes_on=False)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the run was interrupted by something else
        writer.failure = f"{type(error).__name__}: {error}"


def main(folder: str) -> None:
    """Write the report of a run that the parent process trains."""
    _step_aside()
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        from analysis.record import Run
        from analysis.report import write

        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # in order from here on: no half of a file is left
        write(Run.open(folder), goes_on=True)
    except Exception as error:  # noqa: BLE001 -- said by the parent
        sys.exit(f"{type(error).__name__}: {error}")


def _step_aside() -> None:
    """To what the trials leave over: Linux has a policy for that, weaker than the least priority."""
    os.nice(19)
    if sys.platform == "linux":
        with suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _end_with_parent() -> None:
    os.read(0, 1)  # until the parent's end of the pipe is closed, by whatever
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
