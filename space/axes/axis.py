"""What an axis is."""

from collections.abc import Callable
from dataclasses import dataclass

from space.draft import Draft


@dataclass(frozen=True)
class Axis:
    """A design dimension: how it is read off a network and put into one, and what may give way to it."""

    name: str
    against: tuple[str, ...]  # the first is the default
    values: tuple[int, ...]
    grid: tuple[int, ...]  # the values in a plane
    ladder: tuple[str, ...]  # the budget chooses the base among them
    read: Callable[[Draft], int]
    put: Callable[[Draft, int], Draft]  # keeps all that need not change, so that what comes out may cost anything
    channels: bool = False  # whether values are numbers of channels: those by default grow with the base
