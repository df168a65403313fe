"""A training is a value that contradicts itself nowhere, and a new field leaves old trials what they are."""

from dataclasses import asdict, fields

import pytest

from analysis.plain import PlainError
from analysis.recipe import RecordError
from analysis.training import Training
from analysis.trial import trial_key
from tests.analysis.runs import FIDELITY, a_recipe
from tests.analysis.test_recipe import refused

FIRST = {"batch_size": 128, "lr": 0.4, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine", "warmup": 0.15,
         "label_smoothing": 0.0, "zero_gamma": True, "crop_padding": 0, "flip": True, "threads": 1}  # fmt: skip


def test_a_field_at_its_default_is_in_no_key() -> None:
    """Old trials were trained without it, and are not trained again."""
    assert trial_key("c", "p", asdict(Training()), FIDELITY, 0) == trial_key("c", "p", FIRST, FIDELITY, 0)


def test_any_other_value_is_another_key() -> None:
    keys = {trial_key("c", "p", asdict(Training(**change)), FIDELITY, 0) for change in (*CHANGES, {})}
    assert len(keys) == len(CHANGES) + 1


CHANGES: list[dict[str, object]] = [
    {"lr_batch": 256}, {"decay": "all"}, {"schedule": "step"}, {"schedule": "step", "milestones": (0.5, 0.75)},
    {"schedule": "step", "step_factor": 0.2}, {"label_smoothing": 0.1},
    {"label_smoothing": 0.1, "smoothing_over": "others"},
    {"initialisation": "xavier"}, {"averaging": 0.99}, {"norm_images": 100}, {"precision": "fp16"},
    {"teacher": "resnet50"}, {"teacher": "resnet50", "temperature": 4.0}, {"distillation": 0.5}, {"dropout": 0.2},
    {"drop_block": 0.1}, {"stochastic_depth": 0.2}, {"test_resolution": 32}, {"crop_ratio": 0.875},
    {"test_resolution": 32, "fix_epochs": 2}, {"fix_lr": 0.1},
]  # fmt: skip


def test_milestones_are_one_key_as_a_list_and_as_a_tuple() -> None:
    kinds = ([0.5, 0.75], (0.5, 0.75))
    assert len({trial_key("c", "p", {"milestones": kind}, FIDELITY, 0) for kind in kinds}) == 1


CONTRADICTIONS = [
    (
        {"fix_epochs": 2},
        "fix_epochs: 2 are at test_resolution, which is as in training; write test_resolution = 256 or fix_epochs = 0",
    ),
    ({"milestones": (0.5, 0.4)}, "milestones: [0.5, 0.4] do not rise between 0 and 1; write [0.5, 0.75]"),
    ({"milestones": (0.5, 1.0)}, "milestones: [0.5, 1.0] do not rise between 0 and 1; write [0.5, 0.75]"),
    ({"milestones": (float("nan"),)}, "milestones: [nan] do not rise between 0 and 1; write [0.5, 0.75]"),
    (
        {"schedule": "step", "warmup": 0.4},
        "warmup: 0.4 of all steps is past the first milestone; write less than 0.333",
    ),
    ({"crop_area": 0.5, "crop_padding": 4}, "crop_area: 0.5 and crop_padding 4 are two crops; "),
]


@pytest.mark.parametrize(("change", "message"), CONTRADICTIONS)
def test_what_contradicts_itself_is_refused_in_one_line(change: dict[str, object], message: str) -> None:
    with pytest.raises(PlainError) as caught:
        Training(**change)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_recipe_says_in_which_line_it_contradicts_itself() -> None:
    text = a_recipe().to_toml().replace('"cosine"', '"step"').replace("warmup = 0.15", "warmup = 0.7")
    with pytest.raises(RecordError, match=rf"^line {line(text, 'warmup')}: training\.warmup: 0\.7 of all steps is"):
        a_recipe().from_toml(text)


def test_a_field_of_an_older_program_is_refused_with_the_nearest() -> None:
    text = a_recipe().to_toml().replace("averaging = ", "ema = ")
    assert refused(text).startswith("training.ema: no such field; the nearest is ")


def test_every_field_can_be_written_in_toml() -> None:
    text = a_recipe().to_toml()
    assert all(line(text, field.name) for field in fields(Training))


def line(text: str, field: str) -> int:
    """Of a field of the training, from 1."""
    return next(n for n, written in enumerate(text.splitlines(), 1) if written.startswith(f"{field} ="))
