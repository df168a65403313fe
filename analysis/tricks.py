"""What an ablation adds to a training, one after the other."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from analysis.plain import PlainError, from_plain
from analysis.training import Training

Value = bool | int | float | str | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Trick:
    """A change of some fields of a training, under a name."""

    name: str
    changes: dict[str, Value] = field(default_factory=dict)  # of Training, by field


def stages(training: Training, tricks: Sequence[Trick]) -> tuple[Training, ...]:
    """The training, and what it is with one trick more each time, the later ones over the earlier.

    `PlainError` names the trick that does not go with those before it, or comes to a training that stands before it.
    """
    found = [training]
    for index, trick in enumerate(tricks):
        try:
            changed = from_plain(Training, asdict(found[-1]) | trick.changes)
        except PlainError as error:
            raise PlainError(f"tricks[{index}].changes.{error}") from None
        if changed in found:
            raise PlainError(
                f"tricks[{index}].changes: with {trick.name[:60]!r} the training is one that was there before; "
                "leave it out"
            )
        found.append(changed)
    return tuple(found)
