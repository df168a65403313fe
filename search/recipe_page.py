"""docs/recipes.md: every field of a recipe and every recipe that ships, read off the code."""

from analysis.about import Field, described, written
from analysis.recipe import Fidelity
from analysis.sweep import Between, Tunable
from analysis.training import Training
from search.presets import PRESETS, preset
from search.priors import PRIORS

HEAD = """# Recipes

A recipe is how a network is trained: one value, one TOML file. `--recipe NAME` begins with one that ships,
`--recipe FILE` with one of your own or of a run, `--set lr=0.05` sets a field, and `explore sweep --tune lr,mixup`
searches some. `explore recipe NAME` prints one to change; a file need hold only what differs from the default:

```toml
[training]
lr = 0.2
label_smoothing = 0.1
```

What a file says wrongly is refused in one line with file, line, field and the nearest name, and so are settings that
contradict each other. A field of a later version changes nothing at its default: old runs keep their trials. This page
is made by `pytest --regold tests/search/test_recipes.py` from the fields themselves.
"""

NOT_ON_A_GPU = """`compile`, `fp16` and the larger recipes were tested on a CPU only, on small networks and images:
none of them has been trained to its end.
"""


def page() -> str:
    """All of it."""
    parts = [HEAD, "## The recipes that ship\n", _recipes(), NOT_ON_A_GPU]
    return "\n".join([*parts, "## Training\n", _table(Training), "## Fidelity\n", _table(Fidelity)])


def _recipes() -> str:
    rows = ["| recipe | source | epochs | differs from the default in |", "|---|---|---|---|"]
    for name in PRESETS:
        one = preset(name)
        changes = [f"`{f} = {written(value)}`" for f, value in changed(one.training).items()]
        epochs = one.fidelity.epochs if one.fidelity else ""
        rows.append(f"| `{name}` | {one.source} | {epochs} | {', '.join(changes) or 'nothing'} |")
    return "\n".join(rows) + "\n"


def changed(training: Training) -> dict[str, object]:
    """The fields that are not at their defaults."""
    names = [field.name for field in described(Training)]
    return {name: getattr(training, name) for name in names if getattr(training, name) != getattr(Training(), name)}


def _table(kind: type[Training] | type[Fidelity]) -> str:
    rows = ["| field | default | what it is | source | may be | in a sweep |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, described(kind))]) + "\n"


def _row(field: Field) -> str:
    unit = f"[{field.unit}] " if field.unit else ""
    default = f"`{field.default}`" if field.default else ""
    tuned = _tuned(PRIORS[field.name]) if field.name in PRIORS else ""
    return f"| `{field.name}` | {default} | {unit}{field.what} | {field.source} | {field.values} | {tuned} |"


def _tuned(prior: Tunable) -> str:
    if isinstance(prior, Between):
        return f"{prior.low:g} to {prior.high:g}" + (", by its logarithm" if prior.log else "")
    return ", ".join(map(written, prior.values))
