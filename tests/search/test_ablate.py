"""`explore ablate`: what a trick is with and without, and what becomes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from analysis.plain import to_plain
from analysis.record import Run
from analysis.training import Training
from analysis.tricks import stages
from search.cli import main
from search.data import DataSet
from search.errors import UsageError
from search.jobs import config, jobs, longest_first
from search.options import BAG
from search.subject import subject
from search.tricks import KNOWN, asked_tricks
from space import parse
from tests.analysis.runs import a_trial, an_ablation
from tests.analysis.synthetic import axis
from tests.search.tiny import TRAINING, inputs, trainer

WORDS = ["ablate", "resnet50", "--data", "digits", "--fidelity", "tiny"]


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_trick_is_off_before_it_and_on_after_it(name: str) -> None:
    for training in (Training(), stages(*asked_tricks(name, Training()))[-1]):
        start, (trick,) = asked_tricks(name, training)
        assert {field: getattr(start, field) for field in KNOWN[name].without} == KNOWN[name].without
        after = stages(start, [trick])[-1]
        assert {field: getattr(after, field) for field in KNOWN[name].usual} == KNOWN[name].usual
        others = [f.name for f in fields(Training) if f.name not in KNOWN[name].without]
        assert all(getattr(start, field) == getattr(after, field) == getattr(training, field) for field in others)


def test_a_recipe_that_has_a_trick_its_own_way_keeps_it() -> None:
    _, (trick,) = asked_tricks("mixup", Training(mixup=0.4))
    assert trick.changes == {"mixup": 0.4}


def test_the_bag_begins_without_any_of_it_and_ends_with_all() -> None:
    start, tricks = asked_tricks(BAG, Training())
    assert start == replace(Training(), warmup=0.0, decay="all", zero_gamma=False, schedule="step")
    assert stages(start, tricks)[-1] == replace(Training(), label_smoothing=0.1, mixup=0.2)


def test_fields_are_tricks_too() -> None:
    start, (one, two) = asked_tricks("batch_size=512+lr_batch=128, teacher=resnet101", Training())
    assert start == Training()
    assert one.changes == {"batch_size": 512, "lr_batch": 128}
    assert two.changes == {"teacher": "resnet101"}
    assert [one.name, two.name] == ["batch_size=512+lr_batch=128", "teacher=resnet101"]
    assert stages(start, [one])[-1].peak == 4 * Training().lr


def test_fields_may_have_a_name() -> None:
    large, small = "large:batch_size=512+lr_batch=128", "small:teacher=conv_stem(8) > 1*basic(8) > head(10)"
    words = f"{large}, steps:milestones=[0.5, 0.75], mixup, {small}"
    _, tricks = asked_tricks(words, Training())
    assert [trick.name for trick in tricks] == ["large", "steps", "mixup", "small"]
    assert [trick.changes for trick in tricks] == [
        {"batch_size": 512, "lr_batch": 128}, {"milestones": (0.5, 0.75)}, {"mixup": 0.2},
        {"teacher": "conv_stem(8) > 1*basic(8) > head(10)"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("zero-gama", "--tricks: 'zero-gama' is not known; write warm-up, no-bias-decay, "),
        ("mixup,mixup", "--tricks: 'mixup' is given twice; name it once"),
        ("flip=true", "--tricks: with 'flip=true' the training is one that was there before"),
        ("mixup,mixup=0.2", "--tricks: with 'mixup=0.2' the training is one that was there before"),
        ("mixup,mixup=0.0", "--tricks: with 'mixup=0.0' the training is one that was there before"),
        ("a:lr=1+lr=2", "--tricks: 'lr' is set twice; set it once"),
        ("a:lr=1,a:lr=2", "--tricks: 'a' is given twice; name it once"),
        ("a:", "--tricks: 'a:' is not known; write "),
        (":lr=1", "--tricks: ':lr=1' is not known; write "),
        ("lr", "--tricks: 'lr' is not known; write "),
        ("threads=2", "--tricks: threads are the machine's and change no training; write --set threads=N"),
        ("t:teacher=resnet5", "--tricks: teacher: "),
        ("teacher=no.safetensors", "--tricks: teacher: there is no file 'no.safetensors'"),
        ("lr=-1", "--tricks: 'lr=-1': lr: -1 is not possible; write a number above 0"),
        ("rate=1", "--tricks: 'rate=1': rate: no such field; the nearest is "),
        ("crop,resized-crop", "--tricks: 'resized-crop': crop_area: 0.35 and crop_padding 2 are two crops"),
        ("", "--tricks: '' is not known"),
    ],
)
def test_a_trick_that_is_none_is_refused_in_one_line(words: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked_tricks(words, Training())
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


# The command


@pytest.fixture
def without_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, and a Ray that starts at once and trains nothing."""

    @contextmanager
    def cluster(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(slots=1)

    monkeypatch.setattr("search.cluster.cluster", cluster)
    monkeypatch.setattr("search.study.execute", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_has_a_setting_for_every_trick_and_five_seeds(
    without_ray: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(WORDS) == 0
    capsys.readouterr()
    run = Run.open(without_ray / "runs" / "ablation-resnet50-digits-tiny")
    assert [setting.setting for setting in run.recipe.settings] == [
        "none", "+ warm-up", "+ no-bias-decay", "+ zero-gamma", "+ cosine", "+ label-smoothing", "+ mixup",
    ]  # fmt: skip
    assert run.recipe.seeds == 5
    assert not run.recipe.training.flip  # mirrored digits are no digits
    assert {parse(setting.sentence) for setting in run.recipe.settings} == {parse("resnet50")}
    asked = jobs(run.recipe)
    assert len({job.key for job in asked}) == len(asked) == 35
    assert [job.training for job in asked[:7]] == [run.recipe.training_of(setting) for setting in run.recipe.settings]
    assert config(asked[6])["training"]["mixup"] == 0.2
    assert to_plain(run.recipe)["tricks"][5] == {"name": "mixup", "changes": {"mixup": 0.2}}


def test_a_plan_says_what_would_be_trained_and_trains_nothing(
    without_ray: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*WORDS, "--tricks", "he,mixup", "--seeds", "3", "--plan"]) == 0
    head, empty, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("resnet50 as a proxy of ")
    assert head.endswith("; 3 settings, 3 seeds: 9 trials, each 2 epochs of 500 images of digits")
    assert [empty, *rows] == ["", "none", '+ he     initialisation = "he"', "+ mixup  mixup = 0.2"]
    assert not list(without_ray.iterdir())


def test_other_tricks_are_another_run(without_ray: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WORDS) == main([*WORDS, "--tricks", "mixup"]) == main([*WORDS, "--set", "lr=0.1"]) == 0
    assert len(list((without_ray / "runs").iterdir())) == 3
    assert main([*WORDS, "--seeds", "6"]) == 0
    assert len(list((without_ray / "runs").iterdir())) == 3
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resnet5"], "explore: NETWORK: "),
        ([], "explore: NETWORK: missing; see explore ablate --help"),
        (["resnet50", "--tricks", "nothing"], "explore: --tricks: 'nothing' is not known"),
        (["resnet50", "--set", "mixup=-1"], "explore: --set: mixup: -1 is not possible"),
    ],
)
def test_wrong_words_get_one_line(
    without_ray: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["ablate", *words, "--data", "digits"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert not list(without_ray.iterdir())


def test_the_best_setting_is_taken_home_under_a_name_that_code_may_have(tmp_path: Path) -> None:
    axis(3, recipe=an_ablation("no-bias-decay", "mixup"), slope=-3.0).write(tmp_path / "run")
    for words in (f"{tmp_path}/run", f"{tmp_path}/run:+ mixup"):
        assert subject(words).name == "network_mixup"


def test_a_setting_takes_as_long_as_it_has_taken() -> None:
    """All have one proxy, but one of them has a teacher as well."""
    recipe = an_ablation("mixup", "distillation")
    ended = [replace(a_trial(recipe, k, 0), seconds=seconds) for k, seconds in enumerate((5.0, 6.0, 20.0))]
    names = [job.setting.setting for job in longest_first(jobs(recipe)[3:6], ended)]
    assert names == ["+ distillation", "+ mixup", "none"]


def test_one_that_has_not_trained_yet_is_expected_to_take_what_its_cost_says() -> None:
    """At the pace of those that have: twice the cost of the first takes longer than that, and half of it does not."""
    recipe = an_ablation("mixup", "distillation")
    macs = recipe.settings[0].proxy_macs
    costs = (macs, 2 * macs, macs // 2)
    settings = tuple(replace(one, proxy_macs=cost) for one, cost in zip(recipe.settings, costs, strict=True))
    recipe = replace(recipe, settings=settings)
    ended = [replace(a_trial(recipe, 0, 0), seconds=100.0)]
    names = [job.setting.setting for job in longest_first(jobs(recipe)[3:6], ended)]
    assert names == ["+ mixup", "none", "+ distillation"]


# Pairing


def test_settings_of_a_seed_begin_alike_and_see_the_same_images(digits: DataSet) -> None:
    """What a trick does is not mixed with other weights, orders or crops."""
    start, tricks = asked_tricks("warm-up,no-bias-decay,label-smoothing,averaging", TRAINING)
    made = [trainer(digits, training=one) for one in stages(start, tricks)]
    first, *others = [[p.detach().clone() for p in one.model.parameters()] for one in made]
    assert all(a.equal(b) for other in others for a, b in zip(first, other, strict=True))
    seen, *rest = map(inputs, made)
    assert all(torch.equal(a, b) for other in rest for a, b in zip(seen, other, strict=True))
