"""docs/recipes.md, every field of a recipe and every recipe that ships: `python -m docs.recipes` writes the page."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from analysis.about import Field, described, written
from analysis.recipe import Fidelity
from analysis.sweep import Between, Tunable
from analysis.training import Training
from analysis.trust import measured
from analysis.words import number
from docs.study import on_fashion_mnist
from search.presets import FIDELITIES, PRESETS, preset
from search.priors import PRIORS
from search.tricks import KNOWN

PAGE = Path(__file__).with_name("recipes.md")
ALL = 1_000_000  # images that a fidelity asks for where it means all

HEAD = """# Recipes

A recipe is how a network is trained: one value, one TOML file. `--recipe NAME` begins with one that ships,
`--recipe FILE` with one of your own, or with the training of a run's `recipe.toml` (not its fidelity: give that, too),
`--set lr=0.05` sets a field, and `explore sweep --tune lr,mixup` searches some. `explore recipe NAME` prints one to
change; of `[training]` a file need hold only what differs from the default:

```toml
[training]
lr = 0.2
label_smoothing = 0.1
```

What a file says wrongly is refused in one line with file, line, field and the nearest name, and so are settings that
contradict each other. A field of a later version changes nothing at its default: old runs keep their trials. This page
is made by `python -m docs.recipes` from the fields themselves.
"""

NOT_ON_A_GPU = """`compile`, `fp16` and the larger recipes were tested on a CPU only, on small networks and images:
none of them has been trained to its end.
"""


ABLATION = """## Which tricks help

`explore ablate NETWORK --tricks warm-up,zero-gamma,mixup` trains one network without any of the tricks, then with one
more each time, from several seeds; `--plan` only says which. All settings of a seed begin from the same weights, but
for what a trick changes of these, and see the same images in the same order, so every trick is compared in pairs with
those before it; the intervals of all tricks and of all together hold at once with 95 % (Bonferroni). A trick is a
name of this table, or fields written out, if you like with a name before a colon. A name sets what the table says, or
where the recipe has the trick already, what the recipe does. Written out: `lr=0.2`,
`linear-scaling:batch_size=512+lr_batch=128`, `distillation:teacher=resnet101`. A teacher is trained as its students
are at that point, so it costs least as the last of the tricks.
"""


FIDELITY = """How much of full training a trial gets: `--fidelity NAME`, or with fields changed,
`--fidelity quick,epochs=2`. A recipe that ships brings its own, as the first table has it, unless `--fidelity` is
given, too; a file may, with all its fields and a name of its own. A data set with fewer images is passed over more
often, up to 30 times, so that a trial sees as many, unless `epochs=` is written out.
τ is Kendall's, of the order of 14 networks on Fashion-MNIST with that of the costliest proxies measured, with its
95 % interval; and of the nine of them that are ResNets, ResNeXts and Res2Nets, which differ as settings along an axis
do, beside what their noise would let be seen: [evidence](evidence.md#how-far-to-trust-a-proxy).
"""


def page() -> str:
    """All of it."""
    parts = [HEAD, "## The recipes that ship\n", _recipes(), NOT_ON_A_GPU, ABLATION, _tricks()]
    parts += ["## Training\n", _table(Training), "## Fidelity\n", FIDELITY, _fidelities(), _table(Fidelity)]
    return "\n".join(parts)


def _tricks() -> str:
    rows = [f"| `{name}` | {_fields(one.without)} | {_fields(one.usual)} |" for name, one in KNOWN.items()]
    return "\n".join(["| trick | without it | with it |", "|---|---|---|", *rows]) + "\n"


def _fields(values: Mapping[str, object]) -> str:
    return ", ".join(f"`{field} = {written(value)}`" for field, value in values.items())


def _recipes() -> str:
    rows = ["| recipe | source | epochs | of what | differs from the default in |", "|---|---|---|---|---|"]
    for name in PRESETS:
        one = preset(name)
        changes = [f"`{f} = {written(value)}`" for f, value in changed(one.training).items()]
        trained = f"{one.fidelity.epochs} | {_trained(one.fidelity)}" if one.fidelity else " | "
        rows.append(f"| `{name}` | {one.source} | {trained} | {', '.join(changes) or 'nothing'} |")
    return "\n".join(rows) + "\n"


def _trained(fidelity: Fidelity) -> str:
    if (fidelity.width, fidelity.depth) == (1, 1):
        return f"whole networks, {fidelity.resolution} px, {_images(fidelity)}"
    size = f"width × {Fraction(fidelity.width)}, depth × {Fraction(fidelity.depth).limit_denominator(100)}"
    return f"{size}, {fidelity.resolution} px, {_images(fidelity)}"


def _images(fidelity: Fidelity) -> str:
    return f"{fidelity.train_images:,} images" if fidelity.train_images < ALL else "all images"


def _fidelities() -> str:
    rows = [f"| `{one.name}` | {one.epochs} | {_trained(one)} | {_order(one)} |" for one in FIDELITIES.values()]
    head = "| fidelity | epochs | of what | τ of its order | of the nine |"
    return "\n".join([head, "|---|---|---|---|---|", *rows]) + "\n"


def _order(fidelity: Fidelity) -> str:
    found = measured(on_fashion_mnist(fidelity), "fashion-mnist")
    if found is None:
        return "not measured | not measured"
    alike = f"{number(found.alike_tau, 2)}, of {number(found.alike_ceiling, 2)} that could be seen"
    return f"{found.tau_words} | {alike}" if found.reference else "the reference | the reference"


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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
