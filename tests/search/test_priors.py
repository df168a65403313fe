"""Any field of a recipe can be tuned, and what is tuned is possible, by itself and together."""

from dataclasses import fields

import pytest

from analysis.sweep import Among, Between
from analysis.training import Training
from search.errors import UsageError
from search.priors import FIELDS, NEVER, PRIORS, refuse_impossible, tunables, views

WITHOUT = {"lr_batch", "teacher", "teacher_weights", "weights", "test_resolution", "fix_epochs", "compile"}
"""What has no values that are worth trying whatever else is asked."""


def test_every_field_can_be_tuned() -> None:
    names = {field.name for field in fields(Training)}
    assert set(FIELDS) == names - set(NEVER)
    assert set(PRIORS) == set(FIELDS) - WITHOUT


@pytest.mark.parametrize("name", PRIORS)
def test_every_prior_is_of_values_that_are_possible(name: str) -> None:
    (prior,) = tunables(name)
    assert prior == PRIORS[name]
    refuse_impossible(Training(), [prior])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lr=0.1..0.4", Between(field="lr", low=0.1, high=0.4, log=True)),
        ("mixup=0..1", Between(field="mixup", low=0, high=1)),
        ("crop_ratio=0.75..1", Between(field="crop_ratio", low=0.75, high=1)),
        ("lr=0.1|0.4|1", Among(field="lr", values=(0.1, 0.4, 1.0))),
        ("schedule=step|cosine", Among(field="schedule", values=("step", "cosine"))),
        ("flip=true|false", Among(field="flip", values=(True, False))),
        ("batch_size=64|512", Among(field="batch_size", values=(64, 512))),
        ("teacher=|resnet101", Among(field="teacher", values=("", "resnet101"))),
    ],
)
def test_ends_and_values_of_ones_own(words: str, expected: Among | Between) -> None:
    (found,) = tunables(words)
    assert found == expected
    kinds = [type(value) for value in getattr(found, "values", ())]
    assert kinds == [type(value) for value in getattr(expected, "values", ())]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("lrr", "--tune: 'lrr' cannot be tuned; write lr, weight_decay, "),
        ("threads", "--tune: 'threads' cannot be tuned; write "),
        ("milestones=1|2", "--tune: 'milestones' cannot be tuned; write "),
        ("teacher", "--tune: 'teacher' is not understood; write values of it as teacher=A|B"),
        ("batch_size=32..64", "is not understood; write batch_size alone, or values as batch_size=32|64"),
        ("flip=0..1", "is not understood; write flip alone, or values as flip=false|true"),
        ("lr=1..x", "--tune: 'lr=1..x' is not understood; write lr=0.02..2, or values as lr=0.02|2"),
        ("lr=2..1", "--tune: 'lr=2..1': high: 1 is not above low, 2"),
        ("lr=-1..1", "--tune: 'lr=-1..1': lr: -1 is not possible; write a number above 0"),
        ("teacher=resnet5|resnet50", "--tune: teacher: "),
        ("teacher=no.safetensors|resnet50", "--tune: teacher: there is no file 'no.safetensors'"),
        ("schedule=cosin|step", "--tune: schedule: 'cosin' is none of 'cosine', 'one-cycle', 'step'; the nearest is "),
        ("mixup=0|9", "--tune: mixup: 9 is not possible"),
        ("lr=0.1|fast", "--tune: lr: 'fast' is not a number"),
        ("crop_area,crop_padding", "--tune: crop_area: 0.08 and crop_padding 2 are two crops; write"),
        ("warmup,schedule", "--tune: warmup: 0.5 of all steps is past the first milestone; write less than 0.333"),
        ("fix_epochs=0|1", "--tune: fix_epochs: 1 are at test_resolution, which is as in training; write"),
        ("test_resolution=0|32,fix_epochs=0|1", "--tune: fix_epochs: 1 are at test_resolution"),
    ],
)
def test_what_cannot_be_tuned_is_refused_in_one_line(words: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_impossible(Training(), tunables(words))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_goes_together_is_not_refused() -> None:
    refuse_impossible(Training(), tunables("warmup=0..0.3,schedule,lr"))
    refuse_impossible(Training(), tunables("test_resolution=32|36,fix_epochs=0|1,crop_ratio"))
    refuse_impossible(Training(test_resolution=32), tunables("fix_epochs=1|2"))


def test_views_are_all_that_is_seen_in_testing() -> None:
    tested = [one.tested(28) for one in views(Training(), tunables("test_resolution=0|32,crop_ratio,lr"))]
    assert sorted(tested) == [(28, 28), (28, 32), (32, 32), (32, 37)]
    assert views(Training(), tunables("lr")) == [Training()]
