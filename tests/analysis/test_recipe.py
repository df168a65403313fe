"""A recipe is a value with one text."""

import re
import tomllib
from dataclasses import fields, replace

import pytest
import tomli_w
from hypothesis import given, strategies as st

from analysis.plain import PlainError, from_plain
from analysis.recipe import Fidelity, Recipe, RecordError
from analysis.training import Training
from tests.analysis.runs import a_plane, a_recipe

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SHARE = st.floats(0, 1, exclude_min=True)


def refused(text: str) -> str:
    """What is said of the text, in one line, after the number of the line that holds the field."""
    with pytest.raises(RecordError) as caught:
        Recipe.from_toml(text)
    line, field, what = re.fullmatch(r"(?:line (\d+): )?(.+?)(: .+)", str(caught.value)).groups()  # type: ignore[union-attr]
    name = re.sub(r"\[\d+\]$", "", field).rpartition(".")[2]
    assert name in text.splitlines()[int(line) - 1] if line else "missing" in what or field == "not TOML"
    return field + what


@given(command=TEXT, share=SHARE, macs=st.integers(1, 2**62), flip=st.booleans())
def test_toml_round_trips(command: str, share: float, macs: int, flip: bool) -> None:
    fidelity = replace(a_recipe().fidelity, width=share, name=command)
    training = Training(lr=share, flip=flip)
    recipe = a_recipe(command=command, budget_macs=macs, training=training, fidelity=fidelity)
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_a_plane_and_an_empty_recipe_round_trip() -> None:
    for recipe in (a_plane(), a_recipe({})):
        assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_whole_numbers_are_numbers_but_no_fractions_are_whole() -> None:
    text = a_recipe().to_toml()
    assert Recipe.from_toml(text.replace("width = 0.25", "width = 1")).fidelity.width == 1.0
    assert refused(text.replace("epochs = 4", "epochs = 4.5")) == "fidelity.epochs: 4.5 is not a whole number"
    assert refused(text.replace("seeds = 3", "seeds = true")) == "seeds: True is not a whole number"


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("epochs = 4", "epoch = 4", "fidelity.epoch: no such field; the nearest is 'epochs'"),
        ("lr = 0.1\n", "", ""),  # has a default
        ("seed = 0\n", "", "seed: missing; write seed = a whole number"),
        ("lr = 0.1", 'lr = "fast"', "training.lr: 'fast' is not a number"),
        ("flip = true", "flip = 1", "training.flip: 1 is not true or false"),
        (
            '"cosine"',
            '"cosin"',
            "training.schedule: 'cosin' is none of 'cosine', 'one-cycle', 'step'; the nearest is 'cosine'",
        ),
        ('"cosine"', "7", "training.schedule: 7 is not 'cosine' or 'one-cycle' or 'step'"),
        (
            "value = 2\n",
            'value = "2"\n',
            "settings[1].value: '2' is not a whole number or a list, each item a whole number",
        ),
        ("[training]", "[[training]]", "training: [{"),
        ("seed = 0", "seed = ", "not TOML: Invalid value"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(written: str, instead: str, message: str) -> None:
    text = a_recipe().to_toml()
    assert written in text
    if not message:
        assert Recipe.from_toml(text.replace(written, instead)) == a_recipe(training=Training())
        return
    assert refused(text.replace(written, instead, 1)).startswith(message)


NOT_POSSIBLE = [
    ("training", "batch_size", 0, "at least 1"),
    ("training", "lr", -1, "above 0"),
    ("training", "lr", float("nan"), "above 0"),
    ("training", "lr", float("inf"), "above 0"),
    ("training", "momentum", 5, "of at least 0 and below 1"),
    ("training", "weight_decay", -0.1, "of at least 0"),
    ("training", "warmup", 2, "of at least 0 and at most 1"),
    ("training", "label_smoothing", 7, "of at least 0 and below 1"),
    ("training", "crop_padding", -3, "of at least 0 and at most 1024"),
    ("training", "threads", 0, "of at least 1 and at most 1024"),
    ("fidelity", "resolution", 0, "of at least 1"),
    ("fidelity", "width", 0, "above 0 and at most 1"),
    ("fidelity", "width", -0.5, "above 0 and at most 1"),
    ("fidelity", "depth", 1.5, "above 0 and at most 1"),
    ("fidelity", "train_images", 0, "of at least 1"),
    ("fidelity", "epochs", 0, "of at least 1"),
]


@pytest.mark.parametrize(("table", "field", "value", "bounds"), NOT_POSSIBLE)
def test_a_number_out_of_its_bounds_is_quoted_with_them(table: str, field: str, value: float, bounds: str) -> None:
    plain = tomllib.loads(a_recipe().to_toml())
    plain[table][field] = value
    expected = rf"{table}\.{field}: {re.escape(str(value))} is not possible; write a number .*{bounds}"
    assert re.fullmatch(expected, refused(tomli_w.dumps(plain)))


def test_what_the_command_line_sets_is_held_to_the_same_bounds() -> None:
    with pytest.raises(PlainError, match=r"^lr: -1 is not possible; write a number above 0$"):
        from_plain(Training, {"lr": -1})
    with pytest.raises(ValueError, match=r"^warmup: 2 "):
        Training(warmup=2)


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("value = 2\n", "value = [2, 1]\n", "settings[1].value: [2, 1] is not one number, as cardinality asks"),
        ("value = 2\n", "value = [2]\n", "settings[1].value: [2] is not one number, as cardinality asks"),
        ("value = 2\n", "value = []\n", "settings[1].value: [] is not one number, as cardinality asks"),
        ("value = 2\n", "value = 1\n", "settings[1].value: given twice; every setting is another network"),
        (
            'setting = "2x40d"',
            'setting = "1x64d"',
            "settings[1].setting: given twice; every setting is another network",
        ),
        ('setting = "2x40d"', 'setting = " "', "settings[1].setting: ' ' says nothing; write the papers' short form"),
        (
            '"cardinality",\n',
            '"cardinality",\n"radix",\n',
            "settings[0].value: 1 is not a list of two numbers, as",
        ),
        ('    "cardinality",\n', "", "axis: [] is not possible; write one name, or the two of a plane"),
        ('"cardinality"', '""', "axis: [''] is not possible; write one name, or the two of a plane"),
        ('"cardinality",\n', '"a", "b", "c",\n', "axis: ['a', 'b', 'c'] is not possible; write one name, or the two"),
        ("seeds = 3", "seeds = 0", "seeds: 0 is not possible; write a number of at least 1"),
        ("macs = 4125000000", "macs = 0", "settings[1].macs: 0 is not possible; write a number of at least 1"),
    ],
)
def test_a_recipe_edited_into_nonsense_is_one_line(written: str, instead: str, message: str) -> None:
    text = a_recipe().to_toml()
    assert written in text
    assert refused(text.replace(written, instead, 1)).startswith(message)


def test_changed_images_are_another_recipe_where_both_know_theirs() -> None:
    old, one, other = (a_recipe(data_digest=digest) for digest in ("", "1234", "abcd"))
    assert old.difference(one) == one.difference(old) == []
    assert one.difference(other) == ["data_digest: 1234 here, abcd asked"]
    assert Recipe.from_toml(old.to_toml().replace('data_digest = ""\n', "")) == old


def test_a_recipe_differs_by_what_decides_its_trials() -> None:
    recipe = a_recipe()
    assert recipe.difference(recipe) == []
    assert recipe.difference(replace(recipe, seeds=9, command="explore")) == []
    other = replace(recipe, training=replace(recipe.training, lr=0.05), match="exact")
    assert recipe.difference(other) == ["match: paper here, exact asked", "training.lr: 0.1 here, 0.05 asked"]
    shorter = replace(recipe, settings=recipe.settings[:4])
    assert "settings[4].setting: 32x4d here, nothing asked" in recipe.difference(shorter)
    assert "settings[4].setting: nothing here, 32x4d asked" in shorter.difference(recipe)


@pytest.mark.parametrize("kind", [Recipe, Training, Fidelity])
def test_every_field_but_the_two_decides(kind: type) -> None:
    names = {field.name for field in fields(kind)}
    identity = a_recipe().identity()
    inner = {Recipe: identity, Training: identity["training"], Fidelity: identity["fidelity"]}[kind]
    assert names - set(inner) == ({"command", "seeds", "sweep"} if kind is Recipe else set())  # of an axis
