"""What the proxies of a run are beside their candidates, read off the sentences of both."""

from collections.abc import Iterable
from typing import NamedTuple

from analysis.recipe import Recipe, RecordError
from analysis.words import plural
from space import Arch, SpaceError, parse
from space.families.resnet import Bottleneck
from space.table import table


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
            rows.append(Reduced(words, _said(here, names), "kept" if kept else _said(there, names) + solved))
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


def _said(values: list[str], names: list[str]) -> str:
    """What all settings share; else what the first and the last have."""
    if len(set(values)) == 1:
        return values[0]
    return f"{values[0]} ({names[0]}) to {values[-1]} ({names[-1]})"
