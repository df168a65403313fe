"""A recipe: everything that decides a run besides chance, as one frozen value and one TOML file."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self, TypeAlias

import tomli_w

from analysis import toml
from analysis.bounds import Bounds, Count, check
from analysis.plain import PlainError, flatten, to_plain
from analysis.sweep import Sweep
from analysis.training import Training
from analysis.tricks import Trick, stages


class RecordError(ValueError):
    """A run folder, a recipe or a ledger that cannot be used; the message names file and field."""


NETWORKS = "network"
"""The axis of a run whose settings are networks that the user named: they are in no order."""
EQUAL = "equal"
"""How such a run matches proxies that all cost the same; else they are reduced alike."""

Share: TypeAlias = Annotated[float, Bounds(above=0, most=1)]
Deviation: TypeAlias = Annotated[float, Bounds(above=-1)]


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """How much of full training a trial gets: what a proxy network and its training are reduced to."""

    name: str
    """A word for it, which is part of the run folder's name."""

    resolution: Count
    """[pixels a side] At most; smaller where the data set's images are smaller."""

    width: Share
    """Factor on stem and block outputs; other widths are then solved for the proxies' common cost."""

    depth: Share
    """Factor on the blocks of every stage, at least one staying; or, where an axis moves depth, its root on widths."""

    train_images: Count
    """[images] At most."""

    epochs: Count
    """[passes over the training images] More where a small data set has fewer images."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One point of the axis: the network asked about, the proxy trained for it, and what both cost."""

    value: int | tuple[int, ...]  # of the axis, or one of each axis of a plane
    setting: str  # the papers' short form: 32x4d, 2s2x40d
    sentence: str
    macs: Count
    params: Count
    activations: Count
    budget_error: Deviation  # macs / budget - 1
    base_error: Deviation  # macs / base's macs - 1
    proxy: str  # sentence
    proxy_macs: Count
    proxy_params: Count

    def __post_init__(self) -> None:
        check(self)
        for name in ("setting", "sentence", "proxy"):
            if not getattr(self, name).strip():
                what = "the papers' short form" if name == "setting" else "a network's sentence"
                raise PlainError(f"{name}: {getattr(self, name)!r} says nothing; write {what}")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything needed to run again, fully resolved."""

    command: str
    budget: str  # as written: "4GFLOPs"
    budget_macs: Count
    axis: tuple[str, ...]  # what varies: one name, or the two of a plane
    against: str
    match: str
    base: str
    base_macs: Count
    resolution: Count  # at which the candidates are costed
    data: str
    data_digest: str = ""  # of the images, so that a changed folder is noticed; empty: not recorded
    files_digest: str = ""  # of the weights that its trainings name, likewise; empty where they name none, too
    seed: Annotated[int, Bounds(least=0)]
    seeds: Count  # replicates per setting; may be raised later, so no part of the recipe's identity
    fidelity: Fidelity
    training: Training
    settings: tuple[Setting, ...] = ()
    race: bool = False  # seeds are added until the verdict is decided, `seeds` at most
    sweep: Sweep | None = None  # None: every setting is trained from every seed
    tricks: tuple[Trick, ...] = ()  # of an ablation: setting n is one network, trained with the first n of them

    def __post_init__(self) -> None:
        check(self)
        if not self.is_free and (len(self.axis) not in (1, 2) or len({*self.axis, ""}) != len(self.axis) + 1):
            raise PlainError(f"axis: {list(self.axis)} is not possible; write one name, or the two of a plane")
        if self.is_free and (self.axis or self.settings):
            raise PlainError("axis: a sweep over a space has no axis and no settings; leave them out")
        if self.race and self.sweep:
            raise PlainError("race: true is for the settings of an axis; a sweep has none to decide between")
        if self.is_named and (self.race or self.sweep):
            raise PlainError(f"axis: {NETWORKS} is neither raced along nor swept; leave the other out")
        if self.sweep and self.sweep.stops_early and self.seeds > 1:
            raise PlainError(f"seeds: {self.seeds} have no mean where trials are stopped early; write 1")
        for index, setting in enumerate(self.settings):
            if not _is_of(setting.value, self.axis):
                wanted = "one number" if len(self.axis) == 1 else "a list of two numbers"
                written = to_plain(setting.value)
                raise PlainError(
                    f"settings[{index}].value: {written} is not {wanted}, as {' and '.join(self.axis)} asks"
                )
        if self.tricks:
            self._refuse_ablation()
        for name in ("value", "setting") if self.tricks else ("value", "setting", "sentence"):
            again = _repeated(getattr(setting, name) for setting in self.settings)
            if again is not None:
                raise PlainError(f"settings[{again}].{name}: given twice; every setting is another network")

    def _refuse_ablation(self) -> None:
        """What cannot be one."""
        if self.race or self.sweep:
            raise PlainError("tricks: an ablation is neither a race nor a sweep; leave the tricks out, or these")
        values = [setting.value for setting in self.settings]
        if values != list(range(len(self.tricks) + 1)):
            raise PlainError(f"tricks: {len(self.tricks)} have settings from 0 to {len(self.tricks)}, not {values}")
        stages(self.training, self.tricks)

    def training_of(self, setting: Setting) -> Training:
        """How the setting's proxy is trained: as all of them, but in an ablation."""
        if not self.tricks:
            return self.training
        assert isinstance(setting.value, int)
        return stages(self.training, self.tricks)[setting.value]

    @property
    def is_named(self) -> bool:
        """Whether the settings are networks that the user named, each compared with the first."""
        return self.axis == (NETWORKS,)

    @property
    def aim(self) -> str:
        """What the costs of settings are held against: the budget, or the first of networks that were named."""
        return self.base if self.is_named else "the budget"

    @property
    def is_free(self) -> bool:
        """Whether candidates are found in a space, and not listed as settings."""
        return self.sweep is not None and bool(self.sweep.space)

    def grown(self, asked: "Recipe") -> "Recipe":
        """With as many seeds and trials as `asked` has, where these are more."""
        grown = replace(self, seeds=max(self.seeds, asked.seeds))
        if not (self.sweep and asked.sweep):
            return grown
        return replace(grown, sweep=replace(self.sweep, trials=max(self.sweep.trials, asked.sweep.trials)))

    def identity(self) -> dict[str, Any]:
        """What must not change within a run folder: all but the command line's wording and how much is trained."""
        plain = {name: value for name, value in _written(self).items() if name not in ("command", "seeds")}
        return plain | ({"sweep": {**plain["sweep"], "trials": 0}} if self.sweep else {})

    def difference(self, other: "Recipe") -> list[str]:
        """What `other` asks for that this recipe does not hold, a line for each field; empty if one run can be both."""
        here, asked = flatten(self.identity()), flatten(other.identity())
        for name in ("data_digest", "files_digest"):  # older recipes know their data by name alone, and files by path
            if not (here[name] and asked[name]):
                here[name] = asked[name] = ""
        names = [*here, *(name for name in asked if name not in here)]
        return [
            f"{name}: {here.get(name, 'nothing')} here, {asked.get(name, 'nothing')} asked"
            for name in names
            if here.get(name) != asked.get(name)
        ]

    def to_toml(self) -> str:
        """The file that `from_toml` reads back to an equal recipe."""
        return tomli_w.dumps(_written(self))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The recipe written in `text`; `RecordError` names line and field of what is unknown, missing or wrong."""
        try:
            return toml.read(cls, text)
        except toml.TomlError as error:
            raise RecordError(str(error)) from None


def _written(recipe: Recipe) -> dict[str, Any]:
    """Plain, without what is not there: TOML has no word for nothing."""
    return {name: value for name, value in to_plain(recipe).items() if value is not None}


def _is_of(value: int | tuple[int, ...], axis: tuple[str, ...]) -> bool:
    """Whether a setting's value has a number for each axis; that of a single axis stands without a list."""
    return not isinstance(value, tuple) if len(axis) == 1 else isinstance(value, tuple) and len(value) == len(axis)


def _repeated(items: Iterable[Hashable]) -> int | None:
    """The position of the first item that stood there before."""
    seen: set[Hashable] = set()
    for index, item in enumerate(items):
        if item in seen:
            return index
        seen.add(item)
    return None
