"""HTML files that need nothing else."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache

import jinja2
import plotly.graph_objects as go  # type: ignore[import-untyped]
from markupsafe import Markup

from analysis.trial import Trial
from analysis.words import brief


@cache
def template(name: str) -> jinja2.Template:
    """The page of that name beside this module."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure_json": figure_json, "brief": brief}
    return environment.get_template(name)


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
