"""DCDC-ResNet: a RECONSTRUCTION of dual complementary dynamic convolution (arXiv:2211.06163), not the paper's network.

Neither code nor sizes were published. What is known is the operator: the sum of a local spatial-adaptive branch, whose
kernels differ from place to place, and a global shift-invariant branch, whose kernel is one for the whole image. The
widths, groups and reductions here are a guess, so none of the costs is the paper's.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from space.arch import Arch
from space.families.rednet import Involution
from space.families.resnet import BOTTLENECK_DEPTHS, EXPANSION, WIDTHS, Bottleneck, ConvStem, stack
from space.graph import Tensor
from space.names import rule
from space.parts import Position, Spatial


@final
@dataclass(frozen=True)
class DcdcReconstruction(Spatial):
    """A guess at dual complementary dynamic convolution: involution plus a depthwise kernel for the image.

    That kernel is of the involution's size, and comes from the global average through two fully connected layers
    around a ReLU, which reduce as the involution does.
    """

    caveat: ClassVar[str] = (
        "note: dcdc_resnet50, and whatever has a dcdc_reconstruction, is a guess: the operator was published without "
        "code or sizes (arXiv:2211.06163), and none of its figures is the paper's"
    )

    local: Involution = Involution(3)

    def mix(self, x: Tensor, at: Position) -> Tensor:
        adaptive = self.local.mix(x, at)
        kernels = x.within("kernels", self._kernels)
        return adaptive + x.sample_conv(kernels, self.local.kernel, stride=at.stride)

    def _kernels(self, x: Tensor) -> Tensor:
        """One depthwise kernel for the whole image."""
        return (
            x.global_pool().linear(x.channels // self.local.reduction).relu().linear(x.channels * self.local.kernel**2)
        )


@rule("dcdc_resnet50")
def dcdc_resnet50() -> Arch:
    """A RECONSTRUCTION of DCDC-ResNet-50: the operator in place of every 3x3 of a bottleneck."""
    blocks = tuple(Bottleneck(p, EXPANSION * p, DcdcReconstruction()) for p in WIDTHS)
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[50]))
