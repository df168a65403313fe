"""Public weights and measured speeds are of networks that have a name here."""

import pytest

from analysis.zoo import SOURCE, error_bands, public_weights, throughputs
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
    assert speeds["device"].nunique() == 3
    assert "pytorch-image-models" in SOURCE


def test_a_band_holds_all_recipes_of_a_network() -> None:
    bands = error_bands()
    assert bands.loc["resnet50", "weights"] == 31
    assert (bands["lowest"] <= bands["median"]).all()
    assert (bands["median"] <= bands["highest"]).all()
    resnet18 = public_weights()[lambda rows: rows["name"] == "resnet18"]
    assert bands.loc["resnet18", "lowest"] == pytest.approx(100 - resnet18["top1"].max())
