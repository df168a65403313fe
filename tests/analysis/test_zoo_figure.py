"""The map of the named networks shows what their weights reach and what they cost, and nothing else."""

from dataclasses import replace
from itertools import pairwise

import pytest

from analysis.figures.zoo import BYS, OTHERS, By, names_beside, zoo, zoo_info
from analysis.placing import placing
from analysis.zoo import devices, known_networks
from analysis.zoo_page import page
from tests.analysis.runs import a_recipe
from tests.analysis.test_report import Page


@pytest.mark.parametrize("by", BYS)
def test_the_drawing_holds_the_numbers_of_its_info(by: By) -> None:
    info = zoo_info(by)
    drawn = [
        (x, y) for trace in zoo(info).data if trace.mode == "markers" for x, y in zip(trace.x, trace.y, strict=True)
    ]
    assert sorted(drawn) == sorted((x, one.median) for x, one in zip(info.x, info.known, strict=True))
    assert info.x == tuple(one.speeds[devices()[0]] if by == "speed" else getattr(one, by) for one in info.known)


def test_a_map_is_of_the_device_the_resolution_and_the_families_that_are_asked_for() -> None:
    info = zoo_info("speed", devices()[1], resolution=288, families=("resnet", "resnext"))
    assert info.label == f"images/s on {devices()[1]}"
    wanted = [one for one in known_networks() if one.resolution == 288 and one.family in ("resnet", "resnext")]
    assert list(info.known) == [one for one in wanted if devices()[1] in one.speeds]
    assert info.x == tuple(one.speeds[devices()[1]] for one in info.known)
    assert len(info.known) == 10
    assert OTHERS not in info.families
    assert OTHERS in zoo_info().families


@pytest.mark.parametrize("by", BYS)
def test_the_front_is_of_those_that_none_cheaper_is_better_than(by: By) -> None:
    info, sign = zoo_info(by), -1 if by == "speed" else 1
    places = [(sign * x, one.median) for x, one in zip(info.x, info.known, strict=True)]
    beaten = [any(x <= at and y <= e and (x, y) != (at, e) for x, y in places) for at, e in places]
    assert set(info.front) == {i for i, is_beaten in enumerate(beaten) if not is_beaten}
    steps = [places[i] for i in info.front]
    assert all(a[0] <= b[0] and a[1] >= b[1] for a, b in pairwise(steps))
    stair = zoo(info).data[0]
    assert list(zip(stair.x, stair.y, strict=True)) == [(sign * x, y) for x, y in steps]
    assert stair.line.shape == "hv"


@pytest.mark.parametrize("by", BYS)
def test_the_ends_of_the_front_and_many_others_have_their_names(by: By) -> None:
    info = zoo_info(by)
    found = names_beside(info)
    assert {info.front[0], info.front[-1]} <= found.keys()
    assert len(found) > 15
    (names,) = [trace for trace in zoo(info).data if trace.mode == "markers+text"]
    assert list(names.y) == [info.known[i].median for i in found]
    for text, i in zip(names.text, found, strict=True):
        one = info.known[i]
        assert text == (one.name if one.resolution == 224 else f"{one.name} @{one.resolution}")


def test_a_run_shows_where_its_settings_fall() -> None:
    recipe = a_recipe({1: "<b>%{x}", 2: "2x40d"})
    info = zoo_info("macs", run=recipe)
    assert [place for place, _ in info.settings] == [setting.macs for setting in recipe.settings]
    own = zoo(info).data[-1]
    assert list(own.x) == [setting.macs for setting in recipe.settings]
    assert own.customdata[0][1] == "&lt;b&gt;%{x}"
    assert max(own.y) < min(one.lowest for one in info.known)


@pytest.mark.parametrize(("resolution", "found"), [(224, {224}), (100, {one.resolution for one in known_networks()})])
def test_a_report_places_its_settings_among_networks_tested_as_they_are_costed(
    resolution: int, found: set[int]
) -> None:
    plot = placing(a_recipe(resolution=resolution))
    traces = [trace for trace in plot.figure.data if trace.mode == "markers"]
    assert {row[2] for trace in traces[:-1] for row in trace.customdata} == found
    assert len(traces[-1].x) == 5
    assert "of 4.09\N{NO-BREAK SPACE}G to 4.27\N{NO-BREAK SPACE}G FLOPs" in plot.caption
    left, right = plot.figure.layout.xaxis.range
    assert left < 9 < right


def test_a_run_far_from_all_networks_is_on_the_map() -> None:
    recipe = a_recipe()
    small = replace(recipe, settings=tuple(replace(setting, macs=1000) for setting in recipe.settings))
    left, right = zoo(zoo_info("macs", run=small)).layout.xaxis.range
    assert left < 3 < right


def test_the_page_needs_nothing_else_and_has_every_network_of_its_map() -> None:
    read = Page(page(zoo_info()))
    assert all(address.startswith("data:") for address in read.addresses)
    assert all(one.name in read.words for one in known_networks())
    assert "ranks nothing" in read.words
    some = Page(page(zoo_info(families=("densenet",))))
    assert "densenet121" in some.words
    assert "vgg16" not in some.words
