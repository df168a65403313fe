"""`explore train` and fidelities of one's own: what is to be trained, and what is refused in a line."""

import json
import re
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from analysis.recipe import Recipe
from search.asked import data_and_training
from search.cli import main
from search.commands.explore import named_folder
from search.commands.train import _folder, _named, _recipe
from search.configured import trainer_of
from search.data import load
from search.options import COMMANDS
from search.reducing import reduction, whole_depth
from space import cost, parse
from space.proxy import common_macs, whole_proxy
from tests.search.test_study import explore

SMALL = "conv_stem(8) > 2*basic(8) > head(10)"
SEEDS = (("--seed", "0"), ("--seed", "1"))
FOUND = "conv_stem(64) > 2*pre_bottleneck(96, 256) > 5*bottleneck(256, 1024, hierarchical(4))/2 > norm_head(1000)"
DIGITS = ("--data", "digits", "--fidelity", "tiny")


def recipe_of(*words: str) -> Recipe:
    options: Namespace = COMMANDS["train"]().parse_args([*words, *DIGITS[:2]])
    options.command = "explore train"
    data, fidelity, training = data_and_training(options)
    fidelity = whole_depth(fidelity, data) if options.whole_depth else fidelity
    return _recipe(options, _named(options.network), data, fidelity, training, 3)


def depths(sentence: str) -> tuple[int, ...]:
    return tuple(int(depth) for depth in re.findall(r"(\d+)\*", sentence))


def test_networks_are_reduced_alike() -> None:
    recipe = recipe_of("resnet50", "resnet101", "--fidelity", "tiny,depth=1,width=0.25")
    small, large = recipe.settings
    assert (small.setting, large.setting, recipe.base) == ("resnet50", "resnet101", "resnet50")
    assert [depths(one.proxy) for one in recipe.settings] == [(3, 4, 6, 3), (3, 4, 23, 3)]
    assert small.proxy_macs < large.proxy_macs
    assert large.base_error == large.macs / small.macs - 1


def test_or_brought_to_one_cost() -> None:
    names = ("resnet50", "resnext50_32x4d", "res2net50_26w4s", "resnest50_fast_1s4x24d")
    recipe = recipe_of(*names, "--equal", "--fidelity", "quick")
    macs = [one.proxy_macs for one in recipe.settings]
    assert [one.setting for one in recipe.settings] == [*names]
    assert max(macs) / min(macs) < 1.02 * 1.03
    assert [cost(parse(one.proxy)).macs for one in recipe.settings] == macs
    assert {depths(one.proxy) for one in recipe.settings} == {(1, 1, 2, 1)}


def test_or_to_one_cost_with_all_their_blocks_as_a_sweep_trains_them() -> None:
    """What a search has found is then judged by the very proxy that was chosen."""
    names = ("resnet50", "densenet201", FOUND)
    recipe = recipe_of(*names, "--equal", "--whole-depth", "--fidelity", "quick")
    assert [depths(one.proxy) for one in recipe.settings] == [depths(one.sentence) for one in recipe.settings]
    macs = [one.proxy_macs for one in recipe.settings]
    assert max(macs) / min(macs) < 1.02
    data, fidelity, _ = data_and_training(
        COMMANDS["train"]().parse_args(["resnet50", "resnet34", *DIGITS[:2], "--fidelity", "quick"])
    )
    common = common_macs(recipe.budget_macs, reduction(fidelity, data).sparing_depth())
    assert whole_proxy(parse(FOUND), reduction(fidelity, data), common) == parse(recipe.settings[-1].proxy)
    by_hand = recipe_of(*names, "--equal", "--fidelity", recipe.fidelity.name)
    assert by_hand.identity() == recipe.identity()
    assert recipe_of(*names, "--equal", "--whole-depth", "--fidelity", "quick,depth=1").fidelity.name == "quick,depth=1"


def test_of_one_cost_and_as_deep_as_they_are_where_they_would_be_one() -> None:
    a, b = ("conv_stem(64) > 3*bottleneck(64, 256) > 4*bottleneck(128, 512)/2 > 6*bottleneck(256, 1024)/2 > "
            f"{depth}*bottleneck(512, 2048)/2 > head(1000)" for depth in (2, 3))  # fmt: skip
    recipe = recipe_of(f"a:{a}", f"b:{b}", "--equal", "--fidelity", "quick")
    assert [depths(one.proxy) for one in recipe.settings] == [(3, 4, 6, 2), (3, 4, 6, 3)]


def test_a_network_for_these_images_is_trained_as_it_is() -> None:
    sentence = "input(1, 8) > conv_stem(8, pool=false) > 1*basic(8) > head(10)"
    recipe = recipe_of(sentence, sentence.replace("1*", "2*"), "--fidelity", "tiny,width=1.0,depth=1.0")
    assert recipe.settings[0].proxy == sentence == recipe.settings[0].sentence
    assert recipe.base == recipe.settings[0].setting == f"{sentence[:40]}… (1)"


def test_a_sentence_may_be_called_by_a_name() -> None:
    recipe = recipe_of("few:conv_stem(8) > 1*basic(8) > head(10)", "conv_stem(8) > 2*basic(8) > head(10)")
    assert [one.setting for one in recipe.settings] == ["few", "conv_stem(8) > 2*basic(8) > head(10)"]


def test_fields_after_the_name_change_a_fidelity() -> None:
    plain = recipe_of("resnet18", "resnet34", "--fidelity", "tiny").fidelity
    own = recipe_of("resnet18", "resnet34", "--fidelity", "tiny,epochs=1,width=0.5").fidelity
    assert (own.name, own.epochs, own.width) == ("tiny,epochs=1,width=0.5", 1, 0.5)
    assert (own.resolution, own.train_images, own.depth) == (plain.resolution, plain.train_images, plain.depth)
    assert plain.epochs > 1, "so few images are passed over more often, unless epochs are written out"


def test_another_seed_is_another_run_whose_trials_are_others() -> None:
    """Images, their order and the first weights are drawn from it: what was chosen by one is judged by another."""
    few = ("--fidelity", "tiny,epochs=1,train_images=64")
    usual, named, other = (recipe_of("resnet18", "resnet34", *few, *seed) for seed in ((), *SEEDS))
    assert usual.identity() == named.identity()
    assert len({named_folder(["x"], one, is_plain=True).name for one in (usual, named, other)}) == 2
    assert first_epoch(usual) == first_epoch(named)
    assert first_epoch(usual) != first_epoch(other)


def test_another_question_has_another_folder() -> None:
    """Networks that are not what they are called, and images whose path alone tells them from others."""
    one, other = ("resnet18", "resnet34"), ("resnet18:resnet50", "resnet34:resnet101")
    asked = [(words, recipe_of(*words, "--fidelity", "quick")) for words in (one, other)]
    places = [(words, replace(recipe, data=data)) for words, recipe in asked
              for data in ("digits", "folder:/a/digits", "folder:/b/digits", "hf:me/digits")]  # fmt: skip
    folders = []
    for words, recipe in places:
        options = COMMANDS["train"]().parse_args([*words])
        folders.append(_folder(options, _named(options.network), recipe).name)
    assert folders[0] == "train-resnet18-resnet34-digits-quick"
    assert len(set(folders)) == len(folders)


def first_epoch(recipe: Recipe) -> float:
    one = recipe.settings[0]
    described = {"proxy": one.proxy, "candidate": one.sentence, "replicate": 0, "training": asdict(recipe.training)}
    trainer, _ = trainer_of(described, recipe, load("digits"), "cpu")
    trainer.epoch()
    return trainer.epochs[0]["train_loss"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["resnet50"], "NETWORK: 1 network cannot be compared; name 2 to 100"),
        (["resnet50", "resnext50_1x64d"], "NETWORK: 'resnext50_1x64d' is the same network as 'resnet50'; name it once"),
        (["resnet50", "resnet20_cifar"], "NETWORK: resnet20_cifar is of 32 pixels and resnet50 of 224"),
        (["a:resnet50", "a:resnet34"], "NETWORK: 'a' is the name of two networks; call one otherwise"),
        (["resnet50", "resnet5o"], "NETWORK: no network is called 'resnet5o'; the nearest is resnet50"),
        (["resnet50", "resnet20_cifar", "--equal"], "NETWORK: resnet20_cifar is of 32 pixels"),
        (
            ["resnet50", "resnet34", "--fidelity", "quik"],
            "--fidelity: 'quik' is not known; write tiny, quick, trusted, medium",
        ),
        (["resnet50", "resnet34", "--fidelity", "quick,epoch=3"], "--fidelity: epoch: no such field; the nearest is"),
        (
            ["resnet50", "resnet34", "--fidelity", "quick,epochs=2,epochs=9"],
            "--fidelity: 'epochs' is set twice; set it",
        ),
        (["resnet50", "resnet34", "--set", "lr=1", "--set", "lr=2"], "--set: 'lr' is set twice; set it once"),
        (["resnet50", "resnet34", "--fidelity", "quick,epochs=0"], "--fidelity: epochs: 0 is not possible"),
        (
            ["resnet50", "resnet34", "--fidelity", "quick,epochs"],
            "--fidelity: 'epochs' sets nothing; write FIELD=VALUE such as epochs=8",
        ),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words, "--data", "digits", "--plan"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"explore: {says}")


def test_a_plan_trains_nothing(capsys: pytest.CaptureFixture[str], elsewhere: Path) -> None:
    assert main(["train", "resnet18", "resnet34", *DIGITS, "--plan"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 networks, 3 seeds: 6 trials, each ")
    assert "resnet34  3.66 GFLOPs" in out
    assert not [*elsewhere.glob("runs/*")]


@pytest.mark.ray
def test_two_networks_are_trained_and_told_apart_or_not(tmp_path: Path) -> None:
    words = ["train", "resnet18", "resnet34", *DIGITS, "--seeds", "2"]
    done = explore(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert "differences to resnet18 in points; 2 seeds" in done.stdout
    (run,) = tmp_path.glob("runs/*")
    assert run.name == "train-resnet18-resnet34-digits-tiny"
    lines = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert sorted((line["setting"], line["replicate"]) for line in lines) == [
        ("resnet18", 0), ("resnet18", 1), ("resnet34", 0), ("resnet34", 1),
    ]  # fmt: skip
    again = explore(tmp_path, *words)
    assert again.returncode == 0, "the same words find the run again"
    assert len((run / "trials.jsonl").read_text().splitlines()) == len(lines)
