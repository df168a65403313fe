"""A trial: one network trained once, with all it is known by."""

import json
import math
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, Self

from analysis.plain import Plain, from_plain, to_plain
from analysis.recipe import Fidelity


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One line of the ledger; for a failed trial, `reason` instead of metrics."""

    state: Literal["finished", "failed"]
    key: str  # of trial_key
    value: int | tuple[int, ...]  # of the axis, or one of each axis of a plane
    setting: str  # the papers' short form: 32x4d
    sentence: str  # the candidate asked about
    proxy: str  # the sentence trained in its place
    replicate: int
    fidelity: str  # name
    hyperparameters: dict[str, bool | int | float | str | None]  # Training as a dict
    metrics: dict[str, float] = field(default_factory=dict)  # test_error and validation_error in percent
    curve: tuple[dict[str, float], ...] = ()  # one reading an epoch
    seconds: float = 0.0
    scores: str | None = None  # path of the per-image scores, from the run folder
    reason: str | None = None  # of failure
    attempt: int = 1  # a command tries a trial again after a failure that may pass
    versions: dict[str, str] = field(default_factory=dict)
    host: str = ""  # the type of machine: processor and cores; never its name
    finished_at: str = ""  # ISO 8601

    def to_line(self) -> str:
        """One line of JSON without its newline; strict JSON, so a number that is none (a diverged loss) is null."""
        return json.dumps(_without_nonfinite(to_plain(self)), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """The trial of one line; `ValueError` says what is wrong with it."""
        return from_plain(cls, json.loads(line))


def trial_key(candidate: str, proxy: str, hyperparameters: dict[str, Any], fidelity: Fidelity, replicate: int) -> str:
    """What a trial is, in 16 hexadecimal digits: a trial of the same key, and only that, is not trained twice."""
    parts = _canonical([candidate, proxy, hyperparameters, to_plain(fidelity), replicate])
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]


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


def _without_nonfinite(plain: Plain) -> Plain:
    match plain:
        case dict():
            return {key: _without_nonfinite(value) for key, value in plain.items()}
        case list():
            return [_without_nonfinite(value) for value in plain]
        case float() if not math.isfinite(plain):
            return None
    return plain
