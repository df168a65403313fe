"""A free search: what is chosen from, what is minimised, who proposes and who stops trials early."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from math import sqrt
from typing import Annotated, Literal, TypeAlias

from analysis.bounds import Bounds, Count, check
from analysis.plain import PlainError

Sampler: TypeAlias = Literal["tpe", "nsga2", "gp", "random", "grid"]
Scheduler: TypeAlias = Literal["asha", "hyperband", "none"]
Objective: TypeAlias = Literal["loss", "error", "macs", "params", "activations", "latency"]

REDUCTION = 3  # of the trials at a rung one in three goes on (Li et al. 2020, who take 4; Falkner et al. 2018 take 3)
MEASURED_EACH_EPOCH: Mapping[Objective, str] = {"loss": "validation_loss", "error": "validation_error"}


def _refuse_twice(name: str, items: Sequence[object]) -> None:
    if again := [item for index, item in enumerate(items) if item in items[:index]]:
        raise PlainError(f"{name}: {again[0]!r} is given twice; name it once")


@dataclass(frozen=True, kw_only=True)
class Between:
    """A hyperparameter that a sweep chooses between two ends, both included; `log`: by its logarithm."""

    field: str  # of Training
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise PlainError(f"high: {self.high:g} is not above low, {self.low:g}; write the smaller number first")


@dataclass(frozen=True, kw_only=True)
class Among:
    """A hyperparameter that a sweep chooses among some values."""

    field: str  # of Training
    values: tuple[bool | int | float | str, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise PlainError("values: [] leaves nothing to choose; write one at least")
        _refuse_twice("values", self.values)


Tunable: TypeAlias = Between | Among


def levels(tunable: Tunable) -> tuple[bool | float | str, ...]:
    """The points of a grid: the values, or the ends and the middle of what is between two."""
    if isinstance(tunable, Between):
        low, high = tunable.low, tunable.high
        return low, sqrt(low * high) if tunable.log else (low + high) / 2, high
    return tunable.values


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Objectives are minimised: `loss` and `error` of validation, the others costs of the candidate."""

    space: str = ""  # a sentence with choices; empty: one of the recipe's settings is chosen
    budgets: tuple[str, ...] = ()  # of the candidates, as written
    tolerance: Annotated[float, Bounds(least=0, below=1)] = 0.01  # around them
    latency: str = ""  # that a candidate may take at most, as written: 20ms@cpu,batch=1
    proxy_macs: Count  # that every proxy costs, as nearly as whole channels allow
    tune: tuple[Tunable, ...] = ()
    objectives: tuple[Objective, ...] = ("loss",)
    sampler: Sampler = "tpe"
    scheduler: Scheduler = "none"
    trials: Count  # may be raised later, so no part of the recipe's identity

    def __post_init__(self) -> None:
        check(self)
        if not self.objectives:
            raise PlainError("objectives: [] says nothing to minimise; write one such as 'loss'")
        for name, items in (("objectives", self.objectives), ("tune", self.fields)):
            _refuse_twice(name, items)
        if self.stops_early and self.objectives[0] not in MEASURED_EACH_EPOCH:
            raise PlainError(
                f"scheduler: {self.scheduler!r} stops trials by what is measured after every epoch, and "
                f"{self.objectives[0]} is not; write 'none'"
            )
        if self.stops_early and len(self.objectives) > 1:
            raise PlainError(
                f"scheduler: {self.scheduler!r} stops trials by one objective, and {len(self.objectives)} are given, "
                "by which a trial that is behind in one may be ahead in another; write 'none'"
            )

    @property
    def fields(self) -> tuple[str, ...]:
        """Of Training, that are tuned."""
        return tuple(one.field for one in self.tune)

    @property
    def stops_early(self) -> bool:
        """Whether a trial may end before its last epoch."""
        return self.scheduler != "none"

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """The epochs, of so many, after which a trial may be stopped; of several brackets, those of any."""
        powers = takewhile(lambda epoch: epoch < epochs, (REDUCTION**rung for rung in count()))
        return tuple(powers) if self.stops_early else ()

    @property
    def reading(self) -> str | None:
        """What of an epoch's reading tells how a trial gets on, if there is one objective and it is measured so."""
        return MEASURED_EACH_EPOCH.get(self.objectives[0]) if len(self.objectives) == 1 else None

    @property
    def is_adaptive(self) -> bool:
        """Whether what is proposed depends on what was told before."""
        return self.sampler in ("tpe", "nsga2", "gp")

    @property
    def selection(self) -> str:
        """Why the networks it has trained are no random sample of its space; empty if they are one."""
        ways = ["were drawn by a sampler that learns"] if self.is_adaptive else []
        ways += ["are those that were not stopped early"] if self.stops_early else []
        return " and ".join(ways)
