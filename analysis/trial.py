"""What the lines of a ledger hold: trials, networks trained once, and what a sweep proposed to try."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from analysis.bounds import Bounds, check
from analysis.plain import Plain, PlainError, from_plain, shown, to_plain
from analysis.recipe import Fidelity, Setting
from analysis.training import Training

Place: TypeAlias = Annotated[int, Bounds(least=0)]
Hyperparameters = dict[str, bool | int | float | str | tuple[float, ...] | None]  # Training as a dict


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One line of the ledger; for a failed trial `reason` instead of metrics, for one stopped early its curve alone."""

    state: Literal["finished", "pruned", "failed"]
    key: str  # of trial_key
    value: int | tuple[int, ...]  # of the axis, or one of each axis of a plane
    setting: str  # the papers' short form: 32x4d
    sentence: str  # the candidate asked about
    proxy: str  # the sentence trained in its place
    replicate: Place
    fidelity: str  # name
    hyperparameters: Hyperparameters
    metrics: dict[str, float] = field(default_factory=dict)  # test_error and validation_error in percent
    curve: tuple[dict[str, float], ...] = ()  # one reading an epoch
    seconds: Annotated[float, Bounds(least=0)] = 0.0  # by the clock
    cpu_seconds: Annotated[float, Bounds(least=0)] = 0.0  # that its process computed; 0: not recorded, or on a GPU
    scores: str | None = None  # path of the per-image scores, from the run folder
    reason: str | None = None  # of failure
    attempt: int = 1  # a command tries a trial again after a failure that may pass
    passing: bool = False  # whether trying a failed trial again may help
    versions: dict[str, str] = field(default_factory=dict)
    host: str = ""  # the type of machine: processor, cores, and the GPU if it trained on one; never its name
    finished_at: str = ""  # ISO 8601

    def __post_init__(self) -> None:
        check(self)

    @property
    def core_seconds(self) -> float:
        """What it cost, whatever else the machine did: what its process computed, else clock times torch threads."""
        threads = self.hyperparameters.get("threads")
        return self.cpu_seconds or self.seconds * (threads if isinstance(threads, int) else 1)

    def to_line(self) -> str:
        """One line of JSON without its newline."""
        return _line(self)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """The trial of one line; `ValueError` says what is wrong with it."""
        return _possible(from_plain(cls, _plain(line)))


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a sweep's sampler chose: on the disk before any of its trials begins, so that none is proposed twice."""

    state: Literal["proposed"] = "proposed"
    number: Place  # of Optuna's trial
    parameters: Hyperparameters  # as Optuna chose them
    setting: Setting  # what the parameters say of the network
    hyperparameters: Hyperparameters  # of its trials
    attributes: dict[str, int | float | str] = field(default_factory=dict)  # that the sampler keeps with its trials

    def __post_init__(self) -> None:
        check(self)

    def to_line(self) -> str:
        """One line of JSON without its newline."""
        return _line(self)


Entry = Trial | Proposal

T = TypeVar("T", bound=Trial)


def entry_from_line(line: str) -> Entry:
    """What one line of a ledger holds; `ValueError` says what is wrong with it."""
    plain = _plain(line)
    if isinstance(plain, dict) and plain.get("state") == "proposed":
        return from_plain(Proposal, plain)
    return _possible(from_plain(Trial, plain))


def _possible(trial: T) -> T:
    """Refuses numbers that no training comes to, which would make nonsense of every mean they are in."""
    _refuse_larger("value", trial.value if isinstance(trial.value, tuple) else (trial.value,), 2**63 - 1)
    for name, readings in (("metrics", (trial.metrics,)), ("curve", trial.curve)):
        for reading in readings:
            _refuse_larger(name, reading.values(), _LARGEST)
    return trial


_LARGEST = 1e39  # no number of single precision, in which networks are trained, is as large


def _refuse_larger(name: str, numbers: Iterable[float], largest: float) -> None:
    for number in numbers:
        if number > largest or number < -largest:
            raise PlainError(f"{name}: {shown(number)} is too large to be true; write a number up to {largest:g}")


def _plain(line: str) -> Plain:
    r"""JSON may write what no encoding has, as \ud800; here it is text."""
    plain = _LINE.decode(line)
    return to_plain(plain) if "\\u" in line else plain


_LINE = json.JSONDecoder(parse_constant=lambda _: None)  # NaN is no word of JSON's


def trial_key(candidate: str, proxy: str, hyperparameters: dict[str, Any], fidelity: Fidelity, replicate: int) -> str:
    """What a trial is, in 16 hexadecimal digits: a trial of the same key, and only that, is not trained twice.

    A hyperparameter that later versions have added counts only where it is not at its default: what was trained before
    it came is what it is by default.
    """
    given = _canonical(hyperparameters)
    telling = {name: value for name, value in given.items() if name in _FIRST or value != _USUAL.get(name)}
    text = _COMPACT.encode([candidate, proxy, telling, _canonical_fidelity(fidelity), replicate])
    return sha256(text.encode()).hexdigest()[:16]


_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@cache
def _canonical_fidelity(fidelity: Fidelity) -> Plain:
    return _canonical(to_plain(fidelity))


_FIRST = frozenset((
    "batch_size", "lr", "momentum", "weight_decay", "schedule", "warmup", "label_smoothing", "zero_gamma",
    "crop_padding", "flip", "threads",
))  # fmt: skip


def _line(entry: "Entry") -> str:
    """Strict JSON, so a number that is none (a diverged loss), or that would not be read again, is null."""
    return json.dumps(_without_nonnumbers(to_plain(entry)), ensure_ascii=False, allow_nan=False)


def _canonical(plain: Plain) -> Plain:
    """Whole floats as integers: a width of 1 and of 1.0 are the same width."""
    match plain:
        case dict():
            return {key: _canonical(value) for key, value in plain.items()}
        case list() | tuple():
            return [_canonical(value) for value in plain]
        case float() if plain.is_integer():
            return int(plain)
    return plain


_USUAL = _canonical(to_plain(Training()))


def _without_nonnumbers(plain: Plain) -> Plain:
    match plain:
        case dict():
            return {key: _without_nonnumbers(value) for key, value in plain.items()}
        case list():
            return [_without_nonnumbers(value) for value in plain]
        case float() if not abs(plain) <= _LARGEST:
            return None
    return plain
