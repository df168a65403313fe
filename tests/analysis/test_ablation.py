"""An ablation compares every trick with those before it, and says no more than its trials can carry."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from analysis.ablation import ablation_verdict
from analysis.comparison.sides import shared_points, sides
from analysis.differences import effect
from analysis.figures.effects import effects, effects_info
from analysis.measured import all_together, comparisons, summaries
from analysis.plain import PlainError
from analysis.questions import answer, question
from analysis.recipe import Recipe, RecordError
from analysis.record import Run
from analysis.report import COLUMNS, render
from analysis.saving import tables
from analysis.statistics.intervals import mean_interval
from analysis.sweep import Sweep
from analysis.table import trials_table
from analysis.text import text
from analysis.trial import Trial
from analysis.tricks import Trick, stages
from tests.analysis.runs import a_recipe, a_trial, an_ablation
from tests.analysis.synthetic import axis

RECIPE = an_ablation("helps", "idle", "hurts")
EFFECTS = (20.0, 18.0, 18.0, 19.0)


def trials(recipe: Recipe, errors: tuple[float, ...], seeds: int = 5, noise: float = 0.1) -> list[Trial]:
    """Seeds differ by an offset that all settings share, and by noise that they do not."""
    chance = np.random.default_rng(0)
    offsets = chance.normal(0, 3, seeds)
    return [
        a_trial(recipe, k, r, error + float(offsets[r] + chance.normal(0, noise)))
        for r in range(seeds)
        for k, error in enumerate(errors)
    ]


# The recipe


def test_it_round_trips_through_toml() -> None:
    recipe = an_ablation("a", "b")
    recipe = replace(recipe, tricks=(Trick(name="a", changes={"lr": 0.2, "flip": False}), recipe.tricks[1]))
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_every_setting_is_trained_with_the_tricks_so_far() -> None:
    recipe = an_ablation("a", "b")
    tricks = (Trick(name="a", changes={"lr": 0.2, "flip": False}), Trick(name="b", changes={"lr": 0.3}))
    recipe = replace(recipe, tricks=tricks)
    start = recipe.training
    assert [recipe.training_of(setting) for setting in recipe.settings] == [
        start, replace(start, lr=0.2, flip=False), replace(start, lr=0.3, flip=False),
    ]  # fmt: skip
    assert stages(start, ()) == (start,)
    assert a_recipe().training_of(a_recipe().settings[2]) == a_recipe().training


def test_trials_of_one_network_have_keys_of_their_own() -> None:
    made = trials(RECIPE, EFFECTS)
    assert len({trial.key for trial in made}) == len(made)
    assert len({trial.sentence for trial in made}) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"race": True}, "tricks: an ablation is neither a race nor a sweep"),
        ({"sweep": Sweep(proxy_macs=1, trials=1)}, "tricks: an ablation is neither a race nor a sweep"),
        ({"settings": RECIPE.settings[:2]}, "tricks: 3 have settings from 0 to 3, not [0, 1]"),
        (
            {"tricks": (*RECIPE.tricks[:2], Trick(name="x", changes={"lr": -1.0}))},
            "tricks[2].changes.lr: -1 is not possible; write a number above 0",
        ),
        (
            {"tricks": (*RECIPE.tricks[:2], Trick(name="x", changes={"schedul": "step"}))},
            "tricks[2].changes.schedul: no such field; the nearest is 'schedule'",
        ),
        (
            {"tricks": (*RECIPE.tricks[:2], Trick(name="x", changes={"crop_padding": 0}))},
            "tricks[2].changes: with 'x' the training is one that was there before; leave it out",
        ),
        (
            {"tricks": (Trick(name="x", changes={}), *RECIPE.tricks[1:])},
            "tricks[0].changes: with 'x' the training is one that was there before; leave it out",
        ),
        (
            {"tricks": (Trick(name="x", changes={"crop_area": 0.5}), *RECIPE.tricks[1:])},
            "tricks[1].changes.crop_area: 0.5 and crop_padding 2 are two crops",
        ),
    ],
)
def test_what_cannot_be_an_ablation_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(PlainError) as caught:
        replace(RECIPE, **changes)
    assert str(caught.value).startswith(message)


def test_a_file_that_is_wrong_is_refused_with_its_line() -> None:
    written = RECIPE.to_toml()
    with pytest.raises(RecordError, match=r"^line \d+: tricks\[1\].changes.crop_padding: -2 is not possible"):
        Recipe.from_toml(written.replace("crop_padding = 2", "crop_padding = -2"))
    with pytest.raises(RecordError, match=r"^line \d+: settings\[2\].setting: given twice"):
        Recipe.from_toml(written.replace('setting = "+ idle"', 'setting = "+ helps"'))


def test_settings_of_an_axis_are_still_different_networks() -> None:
    with pytest.raises(PlainError, match="given twice"):
        replace(RECIPE, tricks=())


# What it says


def test_every_trick_is_compared_with_those_before_it_by_hand() -> None:
    """Student's t over seeds, paired, at a level shared by three tricks and all together (Bonferroni)."""
    made = trials(RECIPE, EFFECTS)
    table = trials_table(RECIPE, made)
    errors = {(t.value, t.replicate): t.metrics["test_error"] for t in made}
    assert comparisons(RECIPE) == 4
    for k, one in enumerate(summaries(RECIPE, table)):
        changes = [errors[k, r] - errors[max(0, k - 1), r] for r in range(5)]
        expected = mean_interval(changes, 1 - 0.05 / 4)
        assert (one.difference.low, one.difference.high) == pytest.approx((expected.low, expected.high))
        assert one.error.mean == pytest.approx(np.mean([errors[k, r] for r in range(5)]))
    expected = mean_interval([errors[3, r] - errors[0, r] for r in range(5)], 1 - 0.05 / 4)
    total = all_together(RECIPE, table)
    assert (total.low, total.high) == pytest.approx((expected.low, expected.high))


def test_along_an_axis_changes_are_still_from_the_first() -> None:
    recipe = a_recipe()
    errors = (10.0, 12.0, 15.0, 10.0, 11.0)
    table = trials_table(recipe, [a_trial(recipe, k, r, e) for k, e in enumerate(errors) for r in range(3)])
    assert [one.difference.mean for one in summaries(recipe, table)] == pytest.approx([e - 10 for e in errors])
    assert comparisons(recipe) == 4


def test_the_verdict_names_what_helps_what_hurts_and_what_is_undecided() -> None:
    found = ablation_verdict(RECIPE, trials_table(RECIPE, trials(RECIPE, EFFECTS)))
    assert found.decided
    assert found.words.startswith("test error falls with helps by 2.0")
    assert ", with all together by 1.0" in found.words
    assert "; test error rises with hurts by 0.9" in found.words
    assert "; undecided: idle (" in found.words
    basis = "changes in points, each trick added to those before it; 5 seeds; intervals over seeds hold all at once"
    assert found.words.endswith(f"({basis} with 95 %)")
    assert "undecided" not in found.brief


def test_without_effects_it_is_undecided() -> None:
    found = ablation_verdict(RECIPE, trials_table(RECIPE, trials(RECIPE, (20.0,) * 4, noise=1.0)))
    assert not found.decided
    assert found.words.startswith("undecided: helps (")
    assert ", all together (" in found.words


def test_too_few_trials_decide_nothing() -> None:
    made = trials(RECIPE, EFFECTS)
    for some in ([], made[:4], made[:7]):
        found = ablation_verdict(RECIPE, trials_table(RECIPE, some))
        assert not found.decided
        assert found.words == (
            f"undecided: {len(some)} of 12 trials finished, and a trick is judged by two seeds at least"
        )


def test_seeds_that_agree_exactly_decide_nothing() -> None:
    made = [a_trial(RECIPE, k, r, error) for r in range(2) for k, error in enumerate(EFFECTS)]
    found = ablation_verdict(RECIPE, trials_table(RECIPE, made))
    assert not found.decided
    assert "helps (−2.00 on all seeds alike)" in found.words


def test_what_shares_no_two_seeds_is_not_judged() -> None:
    """Where trials failed, the first and the last may have none in common, and each its neighbours."""
    recipe = an_ablation("one", "two")
    seen = ((0, (0, 1)), (1, (0, 1, 2, 3)), (2, (2, 3)))
    made = [a_trial(recipe, k, r, 20.0 - k + 0.3 * (r % 2) * k) for k, replicates in seen for r in replicates]
    words = ablation_verdict(recipe, trials_table(recipe, made)).words
    assert "all together" not in words
    assert "no number" not in words
    assert "2 seeds" in words


def test_false_alarms_of_all_that_is_said_are_below_five_percent() -> None:
    """Of 400 ablations in which no trick does anything; 20 expected, and 33 is three deviations more."""
    chance = np.random.default_rng(1)
    table = trials_table(RECIPE, trials(RECIPE, (20.0,) * 4, seeds=4))
    alarms = 0
    for _ in range(400):
        table["test_error"] = 20 + chance.normal(0, 1, len(table))
        changes = [*(one.difference for one in summaries(RECIPE, table)[1:]), all_together(RECIPE, table)]
        alarms += any(effect(change) != "undecided" for change in changes)
    assert 4 <= alarms <= 33


# Where it is read


def test_report_and_terminal_say_it(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", RECIPE)
    for trial in trials(RECIPE, EFFECTS):
        run.append(trial)
    assert question(RECIPE) == "Which tricks lower the test error of resnet50, each added to those before it?"
    page = render(run)
    assert "change from the one before (points)" in page
    assert COLUMNS[2] not in page
    assert "crop_padding = 2" in page
    assert "What a trick is worth depends on those before it" in page
    assert "gives way" not in page
    said = " ".join(text(run).split())
    assert "change from the one before" in said
    assert "Test error falls with helps by" in said
    assert "crop_padding = 2" in said
    assert answer(run).decided


def test_the_plot_of_changes_has_the_numbers_of_the_table() -> None:
    table = trials_table(RECIPE, trials(RECIPE, EFFECTS))
    info = effects_info(RECIPE, table)
    assert [one.name for one in info] == ["+ helps", "+ idle", "+ hurts", "all together"]
    assert [one.effect for one in info] == ["lowers", "undecided", "raises", "lowers"]
    assert [one.told for one in info][1] == "crop_padding = 2"
    changes = [one.difference for one in summaries(RECIPE, table)[1:]]
    assert [one.change for one in info] == [*changes, all_together(RECIPE, table)]
    drawn = {trace.name: trace for trace in effects(info).data}
    assert list(drawn) == ["error is lower", "error is higher", "undecided"]
    assert list(drawn["error is lower"].y) == [0, 3]
    assert list(drawn["error is lower"].x) == [info[0].change.mean, info[3].change.mean]
    assert list(drawn["error is lower"].error_x.array) == [info[0].change.half_width, info[3].change.half_width]


def test_ablations_are_compared_after_the_same_tricks(tmp_path: Path) -> None:
    """Whatever these are called, and wherever they begin; an order of their own is another question."""
    again = replace(RECIPE, training=replace(RECIPE.training, lr=0.2), tricks=_renamed(RECIPE.tricks))
    other = replace(RECIPE, tricks=RECIPE.tricks[::-1])
    runs = [axis(3, recipe=one).write(tmp_path / str(i)) for i, one in enumerate((RECIPE, again, other))]
    a, b, c = sides(runs)
    assert [(one.setting.value, two.setting.value) for one, two in shared_points(a, b)] == [(k, k) for k in range(4)]
    assert [(one.setting.value, two.setting.value) for one, two in shared_points(a, c)] == [(0, 0)]


def _renamed(tricks: tuple[Trick, ...]) -> tuple[Trick, ...]:
    return tuple(replace(trick, name=f"my {trick.name}") for trick in tricks)


def test_tables_of_an_ablation_say_what_changed(tmp_path: Path) -> None:
    table = tables(axis(3, recipe=RECIPE).write(tmp_path / "run"))["settings"]
    assert table["changed"].tolist() == ["", *(f"crop_padding = {k}" for k in (1, 2, 3))]
    assert table["tricks"].tolist() == [0, 1, 2, 3]
    assert np.isnan(table["change"][0])


def test_training_is_the_one_of_its_trial() -> None:
    made = trials(RECIPE, EFFECTS, seeds=1)
    assert [trial.hyperparameters["crop_padding"] for trial in made] == [0, 1, 2, 3]
    assert made[0].hyperparameters == asdict(RECIPE.training)
