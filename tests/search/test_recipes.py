"""The recipes that ship: each is a file, says where it is from, and stands in the docs with every field."""

import re
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from analysis.plain import to_plain
from analysis.preset import Preset
from analysis.recipe import Fidelity
from analysis.training import Training
from docs.recipes import PAGE, page
from search.asked import data_and_training
from search.cli import main
from search.commands.explore import named_folder
from search.options import COMMANDS
from search.presets import FIDELITIES, PRESETS, preset, training_for
from search.schedule import learning_rate
from tests.analysis.runs import a_recipe


@pytest.mark.parametrize("name", PRESETS)
def test_every_recipe_is_one_text_with_every_field_in_it(name: str) -> None:
    made = preset(name)
    text = made.to_toml()
    assert Preset.from_toml(text) == made
    lines = text.partition("[training]")[2].splitlines()
    assert [line.split()[0] for line in lines if line] == [field.name for field in fields(Training)]
    assert all("  # " in line for line in lines if line)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_recipe_of_any_text_round_trips(text: str) -> None:
    made = Preset(source=text, training=Training(teacher=text, milestones=()))
    assert Preset.from_toml(made.to_toml()) == made


def test_all_files_of_the_folder_ship() -> None:
    names = {Path(str(one)).name for one in files("search").joinpath("recipes").iterdir()}
    assert names == {f"{name}.toml" for name in PRESETS}


def test_every_recipe_says_where_it_is_from_and_how_much_is_trained() -> None:
    made = [preset(name) for name in PRESETS]
    assert all(one.source and one.fidelity for one in made)
    assert len({to_plain(one).__repr__() for one in made}) == len(made)


def test_the_default_is_the_first() -> None:
    assert preset("cpu-quick") == Preset(source=preset("cpu-quick").source, fidelity=FIDELITIES["quick"])
    assert preset("gpu-small").fidelity == FIDELITIES["medium"]


def test_a_run_that_asks_for_no_fidelity_has_its_recipes_or_the_trusted_one() -> None:
    def fidelity(*words: str) -> Fidelity:
        options = COMMANDS["train"]().parse_args(["resnet18", "resnet34", "--data", "digits", *words])
        return replace(data_and_training(options)[1], resolution=32, train_images=12_800, epochs=8)

    assert fidelity() == fidelity("--fidelity", "trusted") == FIDELITIES["trusted"]
    assert fidelity("--recipe", "cpu-quick").name == "quick"
    assert fidelity("--recipe", "cpu-quick", "--fidelity", "trusted") == FIDELITIES["trusted"]


def test_recipes_of_papers_have_the_papers_rates() -> None:
    """By epoch, of as many steps as an epoch of ImageNet has."""

    def rates(name: str, *epochs: float) -> list[float]:
        made = preset(name)
        assert made.fidelity
        steps = 5_004 * 256 // made.training.batch_size
        every = made.fidelity.epochs * steps
        return [learning_rate(round(epoch * steps), every, made.training) for epoch in epochs]

    assert rates("imagenet", 5, 29, 31, 61, 81) == pytest.approx([0.1, 0.1, 0.01, 0.001, 0.0001], rel=1e-3)
    assert rates("imagenet", 2.5)[0] == pytest.approx(0.05, rel=1e-3)
    assert rates("resnext-2017", 0, 29, 31, 61) == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert rates("cifar", 0, 149, 151, 226) == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert rates("bag-of-tricks", 2.5, 5) == pytest.approx([0.2, 0.4], rel=1e-3)
    assert rates("resnest-2020", 5) == pytest.approx([0.1], rel=1e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_no_recipe_mirrors_digits(name: str) -> None:
    assert training_for("digits", name) == replace(preset(name).training, flip=False)
    assert training_for("fashion-mnist", name).flip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nlrr = 1", "line 2: training.lrr: no such field; the nearest is 'lr'"),
        ("[training]\n\nlr = 'fast'", "line 3: training.lr: 'fast' is not a number"),
        ("[train]\n", "line 1: train: no such field; the nearest is 'training'"),
        ("[fidelity]\nname = 'x'", "line 1: fidelity.resolution: missing; write resolution = a whole number"),
        (
            "[training]\nfix_epochs = 3",
            "line 2: training.fix_epochs: 3 are at test_resolution, which is as in training",
        ),
        ("lr = = 3", "not TOML: "),
        ("lr = 0.2", "line 1: lr: no such field; it stands in [training]"),
        ("epochs = 2", "line 1: epochs: no such field; it stands in [fidelity]"),
        (
            "[training]\nepochs = 2",
            "line 2: training.epochs: no such field; it is of the fidelity; write epochs = … in [fidelity]",
        ),
        ("training.mixup = -1", "line 1: training.mixup: -1 is not possible"),
        (
            preset("cpu-quick").to_toml().replace("epochs = 4 ", "epochs = 8 ", 1),
            "line 4: fidelity.name: 'quick' ships with other numbers; write a name of its own",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    words = ["--budget", "4GFLOPs", "--axis", "cardinality", "--data", "digits", "--recipe", str(path)]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert f"explore: --recipe: {str(path)!r} is no recipe: {message}" in err
    assert err.count("\n") == 1


def test_a_fidelity_of_ones_own_has_a_folder_of_its_own() -> None:
    """Its name is the user's, and tomorrow it may be another."""
    recipe = a_recipe(training=Training())
    folders = [
        named_folder(["x"], replace(recipe, fidelity=replace(recipe.fidelity, name=name)), is_plain=True).name
        for name in ("quick", "cpu", "mine")
    ]
    assert folders[:2] == ["x-fashion-mnist-quick", "x-fashion-mnist-cpu"]
    assert re.fullmatch(r"x-fashion-mnist-mine-[0-9a-f]{6}", folders[2])


def test_recipe_lists_them_and_prints_one_that_it_takes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["recipe"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(PRESETS)
    assert main(["recipe", "bag-of-tricks"]) == 0
    path = tmp_path / "mine.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["recipe", str(path)]) == 0
    assert Preset.from_toml(capsys.readouterr().out) == preset("bag-of-tricks")


def test_a_name_that_is_none_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "bag-of-trick"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("explore: recipe: ")
    assert "'bag-of-trick' cannot be read (No such file or directory)" in err
    assert "(the nearest is bag-of-tricks)" in err


def test_the_docs_have_every_field_and_recipe() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert all(f"| `{field.name}` |" in page() for field in fields(Training))
    assert all(f"| `{name}` |" in page() for name in PRESETS)
