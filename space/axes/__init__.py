"""The axes: what may vary, how it is set, and what gives way."""

from space.axes.asked import AXES, axes, points, yielding
from space.axes.axis import Axis

__all__ = ["AXES", "Axis", "axes", "points", "yielding"]
