"""The map of the named networks shows what their weights reach and what they cost, and nothing else."""

import pytest

from analysis.figures.zoo import BYS, OTHERS, By, devices, known_networks, zoo, zoo_info
from analysis.zoo import error_bands, throughputs
from analysis.zoo_page import page
from space import cost, parse
from tests.analysis.runs import a_recipe
from tests.analysis.test_report import Page


def test_every_network_has_its_costs_and_its_band() -> None:
    bands = error_bands()
    assert [one.name for one in known_networks()] == list(bands.index)
    for one in known_networks():
        spent, band = cost(parse(one.name)), bands.loc[one.name]
        assert (one.macs, one.params, one.activations) == (spent.macs, spent.params, spent.activations)
        assert (one.lowest, one.highest, one.weights) == (band["lowest"], band["highest"], band["weights"])


@pytest.mark.parametrize("by", BYS)
def test_the_drawing_holds_the_numbers_of_its_info(by: By) -> None:
    info = zoo_info(by)
    drawn = [(x, y) for trace in zoo(info).data for x, y in zip(trace.x, trace.y, strict=True)]
    assert sorted(drawn) == sorted((x, one.median) for x, one in zip(info.x, info.known, strict=True))
    assert info.x == tuple(one.speeds[devices()[0]] if by == "speed" else getattr(one, by) for one in info.known)


def test_speed_is_of_the_network_at_its_own_resolution() -> None:
    rows = throughputs().set_index(["name", "device", "resolution"])["images_per_s"]
    info = zoo_info("speed", devices()[1])
    assert info.label == f"images/s on {devices()[1]}"
    assert len(info.known) > 30
    for x, one in zip(info.x, info.known, strict=True):
        assert x == rows[one.name, devices()[1], parse(one.name).input.resolution]


def test_families_are_what_stands_before_the_depth() -> None:
    info = zoo_info()
    of = dict(zip((one.name for one in info.known), info.families, strict=True))
    assert (of["resnet50"], of["resnext50_32x4d"], of["vgg16_bn"]) == ("resnet", "resnext", "vgg")
    assert {family for name, family in of.items() if name.startswith("res2net")} == {"res2net"}
    assert OTHERS in of.values()


def test_a_run_shows_where_its_settings_fall() -> None:
    settings = a_recipe({1: "<b>%{x}", 2: "2x40d"}).settings
    info = zoo_info("macs", settings=settings)
    assert [place for _, place, _ in info.settings] == [setting.macs for setting in settings]
    own = zoo(info).data[-1]
    assert list(own.x) == [setting.macs for setting in settings]
    assert "<b><b>" not in own.customdata[0]
    assert max(own.y) < min(one.lowest for one in info.known)


def test_the_page_needs_nothing_else_and_has_every_network() -> None:
    read = Page(page("macs", None))
    assert all(address.startswith("data:") for address in read.addresses)
    assert all(one.name in read.words for one in known_networks())
    assert "ranks nothing" in read.words
