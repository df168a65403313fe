"""Functions that a file has where it uses them: what torch has no name for."""

import re

STAGE = '''def stage(*blocks: nn.Module) -> nn.Sequential:
    """Blocks one after the other, named from 1."""
    return nn.Sequential(OrderedDict((f"block{i}", b) for i, b in enumerate(blocks, 1)))'''

INVOLUTION = '''def involution(
    x: Tensor, kernels: Tensor, kernel: int, stride: int, groups: int
) -> Tensor:
    """Kernels that differ from place to place, shared by a group's channels."""
    channels, (height, width) = x.shape[1], kernels.shape[2:]
    patches = F.unfold(x, kernel, padding=kernel // 2, stride=stride)
    patches = patches.reshape(-1, groups, channels // groups, kernel**2, height * width)
    weights = kernels.reshape(-1, groups, 1, kernel**2, height * width)
    return (patches * weights).sum(3).reshape(-1, channels, height, width)'''

SAMPLE_CONV = '''def sample_conv(x: Tensor, kernels: Tensor, kernel: int, stride: int) -> Tensor:
    """A depthwise convolution whose kernels differ from sample to sample."""
    samples, channels, height, width = x.shape
    together = x.reshape(1, samples * channels, height, width)
    weights = kernels.reshape(-1, 1, kernel, kernel)
    groups = samples * channels
    y = F.conv2d(together, weights, None, stride, kernel // 2, groups=groups)
    return y.reshape(samples, channels, y.shape[2], y.shape[3])'''

RADIX_SOFTMAX = '''def radix_softmax(x: Tensor, radix: int, cardinality: int) -> Tensor:
    """Softmax over the splits of a channel; cardinality-major to radix-major."""
    splits = x.reshape(x.shape[0], cardinality, radix, -1).transpose(1, 2)
    return splits.softmax(1).reshape(x.shape[0], -1, 1, 1)'''

HELPERS = {"stage": STAGE, "involution": INVOLUTION, "sample_conv": SAMPLE_CONV, "radix_softmax": RADIX_SOFTMAX}


def helpers(text: str) -> list[str]:
    """Those that the text calls."""
    return [source for name, source in HELPERS.items() if re.search(rf"(?<![\w.]){name}\(", text)]
