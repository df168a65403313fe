"""How far a run is: at work, stopped before its end, or at its end with or without failures."""

from typing import Literal

from analysis.image_scores import image_scores
from analysis.questions import asked
from analysis.racing import race
from analysis.record import Run
from analysis.searched import outcomes

State = Literal["running", "interrupted", "finished", "failed"]


def state(run: Run) -> State:
    """`failed`: nothing is left to begin, and a trial of an axis, or every one of a sweep, has failed.

    A race has ended once it is decided; a grid along an axis where no point is left. A sweep of a space that had no
    more to give before it had as many trials as asked is `interrupted`: only asking its sampler again would tell.
    """
    if run.is_locked:
        return "running"
    if not _has_ended(run):
        return "interrupted"
    have_failed = [trial.state == "failed" for trial in run.latest().values()]
    is_failed = all(have_failed) if run.recipe.sweep and have_failed else any(have_failed)
    return "failed" if is_failed else "finished"


def _has_ended(run: Run) -> bool:
    recipe = run.recipe
    if recipe.race:
        return race(recipe, run.trials(), image_scores(run)).over
    if not recipe.sweep:
        return len(run.latest()) >= asked(recipe)
    found = outcomes(run)
    distinct = {tuple(trial.key for trial in one.trials) for one in found}
    ended = all(len(one.trials) == recipe.seeds for one in found)
    return ended and len(distinct) * recipe.seeds >= asked(recipe)
