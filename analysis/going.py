"""A run that goes on while its page is read: how far it is, and when that was written."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from analysis.questions import asked
from analysis.recipe import Recipe
from analysis.trial import Trial
from analysis.words import plural

REFRESH = 30  # seconds after which the page loads itself again


class Going(NamedTuple):
    """What the page says of it."""

    words: str
    done: int
    asked: int
    at: str  # UTC
    seconds: int = REFRESH


def going(recipe: Recipe, trials: Collection[Trial], at: datetime | None) -> Going | None:
    """At the moment of writing; none of a run that rests."""
    if at is None:
        return None
    done, wanted = sum(trial.state != "failed" for trial in trials), asked(recipe)
    most = "at most " if recipe.race else ""
    ended = "ended" if any(trial.state == "pruned" for trial in trials) else "finished"
    words = f"This run goes on: {done:,} of {most}{plural(wanted, 'trial')} {ended}."
    return Going(words, done, wanted, f"{at:%Y-%m-%d %H:%M:%S} UTC")
