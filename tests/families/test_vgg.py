"""VGG: figures, weights, and the published table that counts running statistics."""

import pytest
import torch
from pytorchcv.models.vgg import VGG

from space import Arch, SpaceError, build, cost, parse, trace
from space.ops import Conv, Norm
from tests.families.test_inception import image
from tests.weights import moved, randomised, relative_error


def test_norms_add_two_parameters_a_channel_and_no_multiply_adds() -> None:
    for depth in (11, 13, 16, 19):
        plain, normed = cost(parse(f"vgg{depth}")), cost(parse(f"vgg{depth}_bn"))
        channels = sum(node.shape.channels for node in trace(parse(f"vgg{depth}")).nodes if isinstance(node.op, Conv))
        assert normed.params - plain.params == 2 * channels
        assert (normed.macs, normed.cio) == (plain.macs, plain.cio)


@pytest.mark.parametrize("how", ["bias", "bias_and_batch_norm", "batch_norm"])
def test_a_narrow_vgg_computes_what_an_independent_one_does(how: str) -> None:
    stages = f"vgg(4, {how}) > 2*vgg(8, {how})/2 > 3*vgg(8, {how})/2 > vgg(6, {how})/2"
    head = "fully_connected(10, [4096, 4096], pool=true)"
    arch = parse(f"input(3, 112) > vgg_stem(4, {how}) > {stages} > {head}")
    theirs = VGG([[4, 4], [8, 8], [8, 8, 8], [6]], "bias" in how, "norm" in how, num_classes=10)
    theirs, ours, x = randomised(theirs), build(arch).double(), image(2, 3, 112, 112)
    moved(theirs, ours, x)
    with torch.no_grad():
        assert relative_error(ours(x), theirs(x)) < 1e-9


def test_its_weights_fit_any_resolution() -> None:
    arch = parse("input(3, 32) > vgg_stem(4) > vgg(8)/2 > fully_connected(5, [6])")
    assert cost(arch, 41).params == cost(arch).params
    assert build(arch)(torch.zeros(2, 3, 41, 41)).shape == (2, 5)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("fully_connected(10, [0])", "a linear layer to 0 values"),
        ("fully_connected(10, [8], size=0)", "a map averaged to 0x0"),
        ("fully_connected(10, [8], dropout=100)", "dropout of 100 %"),
    ],
)
def test_heads_that_cannot_be_are_refused(head: str, message: str) -> None:
    with pytest.raises(SpaceError) as refused:
        parse(f"input(3, 32) > vgg_stem(4) > vgg(8)/2 > {head}")
    assert message in str(refused.value)


def norm_channels(arch: Arch) -> int:
    return sum(node.shape.channels for node in trace(arch).nodes if isinstance(node.op, Norm))


KERAS = {
    "xception": ("plain", 22_910_480),
    "vgg16": ("plain", 138_357_544),
    "vgg19": ("plain", 143_667_240),
    "resnet50": ("biased convolutions", 25_636_712),
    "inceptionv3": ("norms without scale", 23_851_784),
    "inceptionresnetv2": ("norms without scale", 55_873_736),
    "mobilenetv1": ("plain", 4_253_864),
    "mobilenetv2": ("plain", 3_538_984),
}


@pytest.mark.parametrize("name", KERAS)
def test_the_table_of_keras_comes_out_by_its_counting_rule(name: str) -> None:
    """It counts running means and variances; two networks have norms without scale, one has biases before norms."""
    how, total = KERAS[name]
    arch = parse(name)
    statistics = {"plain": 2, "biased convolutions": 3, "norms without scale": 1}[how] * norm_channels(arch)
    assert cost(arch).params + statistics == total
