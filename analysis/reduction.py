"""What the proxies of a run are beside their candidates, read off the sentences of both."""

from collections.abc import Iterable
from typing import NamedTuple

from analysis.recipe import Recipe, RecordError
from analysis.words import plural
from space import Arch, SpaceError, parse
from space.families.resnet import Bottleneck
from space.table import table

KINDS = 4  # of networks that are in no order, in a cell


class Reduced(NamedTuple):
    """A row of the table: what, of the candidates, of the proxies."""

    what: str
    candidate: str
    proxy: str


class _Network(NamedTuple):
    """What is compared of a network, in words."""

    image: str
    stem: str
    blocks: str
    outputs: str
    inner: str
    classes: str


_WORDS = {
    "image": "image",
    "stem": "stem",
    "blocks": "blocks of each stage",
    "outputs": "channels each stage hands on",
    "inner": "bottleneck width of each stage",
    "classes": "classes",
}


def reduction(recipe: Recipe) -> list[Reduced]:
    """A row for everything that was reduced or kept; `RecordError` where a sentence is none."""
    candidates = [_read(recipe, index, "sentence", recipe.resolution) for index in range(len(recipe.settings))]
    proxies = [_read(recipe, index, "proxy") for index in range(len(recipe.settings))]
    names = [setting.setting for setting in recipe.settings]
    rows = []
    for field, words in _WORDS.items():
        here, there = ([getattr(network, field) for network in of] for of in (candidates, proxies))
        if any(here):
            solved = "; solved so that all proxies cost the same" if field == "inner" and recipe.match else ""
            kept = here == there and not solved
            candidate, proxy = (_said(of, names, in_order=not recipe.is_named) for of in (here, there))
            rows.append(Reduced(words, candidate, "kept" if kept else proxy + solved))
    images = f"{recipe.data}, at most {recipe.fidelity.train_images:,} training images"
    rows.append(Reduced("training", "none", f"{images}, {plural(recipe.fidelity.epochs, 'epoch')}"))
    return rows


def _read(recipe: Recipe, index: int, field: str, resolution: int | None = None) -> _Network:
    try:
        arch = parse(getattr(recipe.settings[index], field))
    except SpaceError as error:
        raise RecordError(f"settings[{index}].{field}: {error}") from None
    return _described(arch, resolution or arch.input.resolution)


def _described(arch: Arch, resolution: int) -> _Network:
    rows = [row for row in table(arch, resolution) if row.scope.startswith("stage")]
    return _Network(
        image=f"{plural(arch.input.channels, 'channel')} of {resolution} × {resolution} pixels",
        stem=str(arch.stem),
        blocks=_listed(stage.depth for stage in arch.stages),
        outputs=_listed(row.output.channels for row in rows),
        inner=_listed(stage.block.inner for stage in arch.stages if isinstance(stage.block, Bottleneck)),
        classes=str(arch.head.classes),
    )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _said(values: list[str], names: list[str], *, in_order: bool) -> str:
    """What all settings share; else what the first and the last have, or where they are in no order each kind."""
    if len(set(values)) == 1:
        return values[0]
    if in_order:
        return f"{values[0]} ({names[0]}) to {values[-1]} ({names[-1]})"
    kinds: dict[str, list[str]] = {}
    for value, name in zip(values, names, strict=True):
        kinds.setdefault(value, []).append(name)
    said = [f"{value} ({own[0]}{f' and {len(own) - 1} more' if own[1:] else ''})" for value, own in kinds.items()]
    return "; ".join(said[:KINDS]) + (f"; and {len(said) - KINDS} more" if said[KINDS:] else "")
