"""The closed set of operations every network is made of: what each makes of shapes, and what it costs."""

from space.ops.base import Gradient as Gradient, Shape as Shape
from space.ops.joins import (
    Add as Add,
    Concat as Concat,
    Involution as Involution,
    Multiply as Multiply,
    MultiplyAdd as MultiplyAdd,
    PadChannels as PadChannels,
    SampleConv as SampleConv,
    Slice as Slice,
    Softmax as Softmax,
    Subsample as Subsample,
)
from space.ops.layers import (
    Activation as Activation,
    Conv as Conv,
    Dropout as Dropout,
    GlobalPool as GlobalPool,
    Input as Input,
    Linear as Linear,
    LocalNorm as LocalNorm,
    Norm as Norm,
    Pool as Pool,
    Scale as Scale,
)

Layer = Conv | Norm | Linear | Dropout
"""Operations that a module of torch's own performs: those with parameters, and dropout with its training mode."""

Map = LocalNorm | Activation | Scale | Pool | GlobalPool | Slice | Softmax | Subsample | PadChannels
"""Other operations on one map."""

Join = Add | Concat | Multiply | MultiplyAdd | Involution | SampleConv
"""Operations on several maps."""

Op = Input | Layer | Map | Join
"""Any operation."""
