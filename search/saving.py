"""`explore report --figure|--table NAME --output FILE`: a part of a report as a file of its own."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.comparison import saving as comparison_saving
from analysis.comparison.sides import MOST
from analysis.record import Run
from analysis.saving import FIGURES, TABLES, figures, save_figure, save_table, tables
from search.errors import FailedError, UsageError
from search.words import one_of, writable


def refuse_half_said(options: Namespace) -> None:
    """Whatever is wrong with the words, before a run is read."""
    if len(options.run) > MOST:
        raise UsageError(f"report: {len(options.run)} runs given; compare {MOST} at most")
    names = [option for option in ("figure", "table") if getattr(options, option)]
    if names:
        _refuse_part(options, names)
    else:
        _refuse_page(options)


def _refuse_part(options: Namespace, names: list[str]) -> None:
    if len(names) > 1 or options.text:
        raise UsageError("--figure, --table: one of them at a time, without --text")
    if not options.output:
        raise UsageError(f"--{names[0]}: give the file to write, --output FILE")
    writable("--output", options.output, names[0], FIGURES if options.figure else TABLES)


def _refuse_page(options: Namespace) -> None:
    """A page is written where one likes: of one run into its folder, and of several here, if that is not said."""
    if not options.output:
        return
    if options.text:
        raise UsageError("--output, --text: a page, or words on the terminal? give one of them")
    writable("--output", options.output, "page", (".html",))


def save(runs: Sequence[Run], options: Namespace) -> Path:
    """Write what is asked for, of one run or of a comparison."""
    path, whose = Path(options.output), "this run's" if len(runs) == 1 else "this comparison's"
    if options.figure:
        found = _figures(runs, options)
        one_of("--figure", options.figure, found, whose)
        _draw(found[options.figure], path)
    else:
        there = tables(runs[0]) if len(runs) == 1 else comparison_saving.tables(runs)
        one_of("--table", options.table, there, whose)
        save_table(there[options.table], path)
    return path


def _figures(runs: Sequence[Run], options: Namespace) -> Mapping[str, object]:
    return figures(runs[0], options.importance or "ped-anova") if len(runs) == 1 else comparison_saving.figures(runs)


def _draw(figure: object, path: Path) -> None:
    try:
        save_figure(figure, path)
    except (ImportError, ValueError) as error:  # plotly's word for a missing kaleido
        if "kaleido" not in str(error).lower():
            raise
        raise FailedError(
            "--figure: files of figures need kaleido; pip install 'design-space-explorer[figures]'"
        ) from None
    except RuntimeError as error:  # kaleido's, of a browser that is not there or does not start
        raise FailedError(f"--figure: {str(error).strip().splitlines()[0]}; install Chrome or Chromium") from None
