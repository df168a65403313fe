"""One network, many forms: built, fused, written in Python and exported, all compute the same, in every family."""

from pathlib import Path

import pytest
import torch

from search.export import Network, onnx_error, write
from space import build, parse, trace
from tests.space.test_fuse import agree as fused_agrees, outputs
from tests.space.test_python import agree as written_agrees
from tests.weights import randomised, relative_error

NETWORKS = (
    *(
        "plain18",
        "resnet18",
        "resnet50",
        "resnet50a",
        "resnet18c",
        "resnet34d",
        "resnet18_shortcut_a",
        "resnet18_shortcut_c",
    ),
    *(
        "resnet20_cifar",
        "plain20_cifar",
        "preresnet18",
        "preresnet50",
        "preresnet110_cifar",
        "wrn40_1_cifar",
        "wrn16_8_cifar",
    ),
    *(
        "wrn18_2",
        "wrn50_2",
        "resnext50_1x64d",
        "resnext50_2x40d",
        "resnext50_4x24d",
        "resnext50_8x14d",
        "resnext50_32x4d",
    ),
    *("resnext50_32x4d_form_a", "resnext50_32x4d_form_b", "resnext29_32x4d_cifar", "seresnet18", "seresnet50"),
    *("seresnet50a", "seresnext50_32x4d", "resnest50", "resnest50_fast_1s1x64d", "resnest50_fast_2s1x64d"),
    *("resnest50_fast_4s1x64d", "resnest50_fast_1s2x40d", "resnest50_fast_2s2x40d", "resnest50_fast_4s2x40d"),
    *("resnest50_fast_1s4x24d", "res2net50_48w2s", "res2net50_26w4s", "res2net50_14w8s", "res2net50_v1b_26w4s"),
    *("res2next50_4w4s8c", "seres2net50_26w4s", "res2next29_6c24w4s_cifar", "densenet121", "densenet169"),
    *(
        "densenet_l40_k12_cifar",
        "densenet_bc_l40_k12_cifar",
        "dpn68",
        "dpn68b",
        "hardnet39ds",
        "hardnet68ds",
        "hardnet68",
    ),
    *("rednet26", "rednet38", "dcdc_resnet50", "googlenet", "googlenet_bn", "inceptionv3", "inceptionv4"),
    *("inceptionresnetv2", "xception", "mobilenetv1", "mobilenetv2", "vgg11", "vgg11_bn", "vgg16_bn"),
)
FEW = ("resnet20_cifar", "densenet_bc_l40_k12_cifar")
"""Tried whenever the suite runs; the others with -m many. Random networks of all families are tried besides."""


def test_enough_networks_are_tried() -> None:
    assert len({str(parse(name)) for name in NETWORKS}) >= 60
    assert set(FEW) <= set(NETWORKS)


def _agrees(name: str, folder: Path) -> None:
    arch = parse(name)
    written_agrees(arch)
    fused_agrees(trace(arch))
    for short in (False, True):
        built = randomised(build(arch)).float()
        network = Network.of(name, arch, built, short=short)
        write(network, "onnx", folder / "x.onnx")
        assert onnx_error(network, folder / "x.onnx", 2) < 1e-4
        with torch.no_grad():
            assert relative_error(*(outputs(model(network.images(2)))[0] for model in (network.model, built))) < 1e-4


@pytest.mark.parametrize("name", FEW)
def test_all_forms_of_a_small_network_agree(name: str, tmp_path: Path) -> None:
    _agrees(name, tmp_path)


@pytest.mark.many
@pytest.mark.parametrize("name", sorted({*NETWORKS} - {*FEW}))
def test_all_forms_of_a_network_agree(name: str, tmp_path: Path) -> None:
    _agrees(name, tmp_path)
