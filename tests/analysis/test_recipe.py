"""A recipe is a value with one text."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, strategies as st

from analysis.recipe import Fidelity, Recipe, RecordError, Training
from tests.analysis.runs import a_plane, a_recipe

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(command=TEXT, lr=FINITE, macs=st.integers(0, 2**62), flip=st.booleans())
def test_toml_round_trips(command: str, lr: float, macs: int, flip: bool) -> None:
    fidelity = replace(a_recipe().fidelity, width=lr, name=command)
    training = Training(lr=lr, flip=flip)
    recipe = a_recipe(command=command, budget_macs=macs, training=training, fidelity=fidelity)
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_a_plane_and_an_empty_recipe_round_trip() -> None:
    for recipe in (a_plane(), a_recipe({})):
        assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_whole_numbers_are_numbers_but_no_fractions_are_whole() -> None:
    text = a_recipe().to_toml()
    assert Recipe.from_toml(text.replace("width = 0.25", "width = 1")).fidelity.width == 1.0
    with pytest.raises(RecordError, match=r"^fidelity.epochs: 4.5 is not a whole number$"):
        Recipe.from_toml(text.replace("epochs = 4", "epochs = 4.5"))
    with pytest.raises(RecordError, match=r"^seeds: True is not a whole number$"):
        Recipe.from_toml(text.replace("seeds = 3", "seeds = true"))


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("epochs = 4", "epoch = 4", "fidelity.epoch: no such field; the nearest is 'epochs'"),
        ("lr = 0.1\n", "", ""),  # has a default
        ("seed = 0\n", "", "seed: missing; write seed = a whole number"),
        ("lr = 0.1", 'lr = "fast"', "training.lr: 'fast' is not a number"),
        ("flip = true", "flip = 1", "training.flip: 1 is not true or false"),
        ('"cosine"', '"cosin"', "training.schedule: 'cosin' is none of 'cosine', 'one-cycle'; the nearest is 'cosine'"),
        ('"cosine"', "7", "training.schedule: 7 is not 'cosine' or 'one-cycle'"),
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
    with pytest.raises(RecordError) as caught:
        Recipe.from_toml(text.replace(written, instead, 1))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


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
    assert names - set(inner) == ({"command", "seeds"} if kind is Recipe else set())
