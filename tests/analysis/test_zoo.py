"""Public weights and measured speeds are of networks that have a name here, each at the resolution of its test."""

import pytest

from analysis.zoo import SOURCE, devices, families, known_networks, public_weights, resolutions, throughputs
from space import cost, parse


def test_every_row_is_of_a_named_network_that_costs_what_was_counted() -> None:
    sizes = public_weights().groupby("name")["params_m"].first() * 1e6
    counted = {name: cost(parse(name)).params for name in sizes.index}
    assert all(counted[name] == pytest.approx(size, rel=0.005) for name, size in sizes.items())
    for row in throughputs().drop_duplicates(["name", "resolution"]).itertuples():
        macs = cost(parse(row.name), int(row.resolution)).macs
        assert macs == pytest.approx(row.gmacs_fvcore * 1e9, rel=0.03), row


def test_numbers_are_possible() -> None:
    weights, speeds = public_weights(), throughputs()
    assert (weights["top1"] < weights["top5"]).all()
    assert weights["top1"].between(50, 100).all()
    assert (speeds["images_per_s"] > 0).all()
    assert len(weights) == 211
    assert "pytorch-image-models" in SOURCE


def test_every_test_counts_once_and_at_its_resolution() -> None:
    """Errors at 288 pixels are not those of a network that costs what it does at 224."""
    rows = {(one.name, one.resolution): one for one in known_networks()}
    assert len(rows) == len(known_networks()) == 105
    assert sum(one.weights for one in rows.values()) == len(public_weights())
    for (name, resolution), one in rows.items():
        spent = cost(parse(name), resolution)
        assert (one.macs, one.params, one.activations) == (spent.macs, spent.params, spent.activations)
        tests = public_weights()[lambda t, n=name, r=resolution: (t["name"] == n) & (t["resolution"] == r)]
        errors = sorted(100 - tests["top1"])
        assert (one.lowest, one.highest, one.weights) == (errors[0], errors[-1], len(errors))
        assert one.lowest <= one.median <= one.highest


def test_speed_is_of_the_resolution_of_the_test() -> None:
    measured = throughputs().set_index(["name", "resolution", "device"])["images_per_s"]
    for one in known_networks():
        assert one.speeds == {device: measured[one.name, one.resolution, device] for device in one.speeds}
        assert one.speeds.keys() <= set(devices())


def test_by_hand() -> None:
    (at_160,) = (one for one in known_networks() if (one.name, one.resolution) == ("resnet50", 160))
    convolutions, classifier = 4_089_184_256 - 2_048_000, 2_048_000  # at 224 pixels
    assert at_160.macs == convolutions * 160**2 // 224**2 + classifier
    assert (at_160.median, at_160.weights) == (pytest.approx(100 - 75.994), 1)
    assert resolutions() == (160, 176, 224, 256, 288, 299, 320, 416)


def test_families_are_what_stands_before_the_depth() -> None:
    of = {one.name: one.family for one in known_networks()}
    assert (of["resnet50"], of["resnext50_32x4d"], of["vgg16_bn"]) == ("resnet", "resnext", "vgg")
    assert {family for name, family in of.items() if name.startswith("res2net")} == {"res2net"}
    assert families()[0] == "resnet"
    assert set(families()) == set(of.values())
