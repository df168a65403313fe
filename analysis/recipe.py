"""A recipe: everything that decides a run besides chance, as one frozen value and one TOML file."""

import tomllib
from dataclasses import dataclass
from typing import Any, Literal, Self

import tomli_w

from analysis.plain import PlainError, flatten, from_plain, to_plain


class RecordError(ValueError):
    """A run folder, a recipe or a ledger that cannot be used; the message names file and field."""


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """How much of full training a trial gets: what a proxy network and its training are reduced to."""

    name: str
    resolution: int  # pixels a side, at most; smaller where the data set's images are smaller
    width: float  # factor on every channel count of the candidate
    depth: float  # factor on the blocks of every stage, at least one block staying
    train_images: int  # at most
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a network is trained: SGD with Nesterov momentum under a schedule with warm-up."""

    batch_size: int = 128
    lr: float = 0.4  # peak learning rate, for this batch size
    momentum: float = 0.9
    weight_decay: float = 5e-4  # on convolution and linear weights; never on biases and norms
    schedule: Literal["cosine", "one-cycle"] = "cosine"
    warmup: float = 0.15  # fraction of all steps in which the learning rate rises linearly
    label_smoothing: float = 0.0
    zero_gamma: bool = True  # last norm of each residual branch starts at zero (Goyal 2017)
    crop_padding: int = 0  # pixels of zero padding before the random crop; 0: no crop, best for few epochs
    flip: bool = True  # random horizontal flip; off where orientation carries the class
    threads: int = 1  # torch threads of one trial


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One point of the axis: the network asked about, the proxy trained for it, and what both cost."""

    value: int | tuple[int, ...]  # of the axis, or one of each axis of a plane
    setting: str  # the papers' short form: 32x4d, 2s2x40d
    sentence: str
    macs: int
    params: int
    activations: int
    budget_error: float  # macs / budget - 1
    base_error: float  # macs / base's macs - 1
    proxy: str  # sentence
    proxy_macs: int
    proxy_params: int


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything needed to run again, fully resolved."""

    command: str
    budget: str  # as written: "4GFLOPs"
    budget_macs: int
    axis: tuple[str, ...]
    against: str
    match: str
    base: str
    base_macs: int
    resolution: int  # at which the candidates are costed
    data: str
    seed: int
    seeds: int  # replicates per setting; may be raised later, so no part of the recipe's identity
    fidelity: Fidelity
    training: Training
    settings: tuple[Setting, ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        """A name for every number of a setting's value: radix asked for alone spans the plane with cardinality."""
        is_plane = any(isinstance(setting.value, tuple) for setting in self.settings)
        return ("radix", "cardinality") if is_plane and self.axis == ("radix",) else self.axis

    def identity(self) -> dict[str, Any]:
        """What must not change within a run folder: all but the command line's wording and the number of seeds."""
        return {name: value for name, value in to_plain(self).items() if name not in ("command", "seeds")}

    def difference(self, other: "Recipe") -> list[str]:
        """What `other` asks for that this recipe does not hold, a line for each field; empty if one run can be both."""
        here, asked = flatten(self.identity()), flatten(other.identity())
        names = [*here, *(name for name in asked if name not in here)]
        return [
            f"{name}: {here.get(name, 'nothing')} here, {asked.get(name, 'nothing')} asked"
            for name in names
            if here.get(name) != asked.get(name)
        ]

    def to_toml(self) -> str:
        """The file that `from_toml` reads back to an equal recipe."""
        return tomli_w.dumps(to_plain(self))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The recipe written in `text`; `RecordError` names the field that is unknown, missing or of the wrong type."""
        try:
            return from_plain(cls, tomllib.loads(text))
        except PlainError as error:
            raise RecordError(str(error)) from None
        except tomllib.TOMLDecodeError as error:
            msg = f"not TOML: {error}"
            raise RecordError(msg) from None
