"""HTML files that need nothing else."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache

import jinja2

from analysis.trial import Trial


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
    return environment.get_template(name)


def script_json(value: object) -> str:
    """JSON that cannot end the script element it stands in, nor begin a comment there."""
    text = json.dumps(value)
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
