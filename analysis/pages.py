"""HTML files that need nothing else."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import jinja2
import plotly.graph_objects as go  # type: ignore[import-untyped]
from markupsafe import Markup

from analysis.trial import Trial
from analysis.words import brief, plural

NAME = 60  # characters of a name on a page


@cache
def template(name: str) -> jinja2.Template:
    """The page of that name."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"figure_json": figure_json, "brief": brief, "named": named, "plural": plural, "shortened": shortened}
    environment.filters |= filters
    return environment.get_template(name)


def named(name: str) -> Markup:
    """A name within a sentence: it turns the direction of writing for itself only, and the whole of it is a title."""
    short = brief(name, NAME)
    return (
        Markup("<bdi>{}</bdi>").format(name)
        if short == name
        else Markup('<bdi title="{}">{}</bdi>').format(name, short)
    )


def shortened(text: str, names: Iterable[str]) -> str:
    """The text with no name in it longer than a name should be."""
    for name in sorted(set(names), key=len, reverse=True):
        text = text.replace(name, brief(name, NAME))
    return text


def script_json(value: object) -> str:
    """JSON that cannot end the script element it stands in, nor begin a comment there."""
    return _harmless(json.dumps(value))


def figure_json(figure: go.Figure) -> Markup:
    """The same of a figure."""
    return Markup(_harmless(figure.to_json()))  # noqa: S704 -- nothing in it can end its element


def _harmless(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def machines(trials: Sequence[Trial]) -> list[tuple[str, int]]:
    """What the trials ran on, with how many of them did."""
    kinds = Counter(
        "; ".join(
            [trial.host or "machine not recorded", *(f"{name} {version}" for name, version in trial.versions.items())]
        )
        for trial in trials
    )
    return sorted(kinds.items())
