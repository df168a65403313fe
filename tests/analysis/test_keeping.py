"""What a run keeps of weights is what someone would take home, in whatever order its trials end."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from analysis.keeping import drop_all_but_the_best, keep, kept, measure, weights_file, winner, worth_keeping
from analysis.record import Run
from analysis.searched import front, outcomes, ranked
from analysis.trial import Trial
from tests.analysis.synthetic import Synthetic, axis, some_failed, sweep
from tests.committed import ROOT


def ended(folder: str, of: Synthetic, order: list[Trial]) -> Run:
    """The run after its trials have ended in this order, each with its weights, of which the best alone were kept."""
    run = Run.create(Path(folder) / "run", of.recipe)
    for proposal in of.proposals:
        run.append(proposal)
    for trial in order:
        if trial.state == "finished":
            keep(run, trial.key, trial.key.encode())
        run.append(trial)
        drop_all_but_the_best(run)
    return run


def best_of(trials: list[Trial], metric: str) -> Trial:
    return min(trials, key=lambda trial: trial.metrics[metric])


ORDERED = st.randoms(use_true_random=False)


@given(ORDERED)
@settings(max_examples=10)
def test_an_axis_keeps_the_best_of_every_setting(random: st.DataObject) -> None:
    of = some_failed(axis(seeds=4))
    order = list(of.trials)
    random.shuffle(order)
    with TemporaryDirectory() as folder:
        run = ended(folder, of, order)
        finished = [trial for trial in of.trials if trial.state == "finished"]
        names = {trial.setting for trial in finished}
        best = {best_of([t for t in finished if t.setting == name], "validation_error").key for name in names}
        assert kept(run) == best
        assert all(weights_file(run, key).read_bytes() == key.encode() for key in best)


@pytest.mark.parametrize("objectives", [("loss",), ("error", "activations"), ("params", "loss"), ("macs",)], ids=str)
@given(random=ORDERED)
@settings(max_examples=4)
def test_a_sweep_keeps_the_best_of_its_front(objectives: tuple[str, ...], random: st.DataObject) -> None:
    """Whatever it is a front of, every proposal trained from two seeds, some of which failed."""
    of = some_failed(sweep(12, objectives=objectives, seeds=2, networks=8), every=9)
    order = list(of.trials)
    random.shuffle(order)
    with TemporaryDirectory() as folder:
        run = ended(folder, of, order)
        stands = {best_of(list(one.trials), measure(run)).key for one in front(outcomes(run))}
        assert kept(run) == stands | {winner(run)[0].key}
        if objectives != ("macs",):
            assert winner(run)[0].key in stands


def test_what_is_not_trained_from_every_seed_may_yet_win(tmp_path: Path) -> None:
    of = sweep(6, seeds=2)
    firsts, seconds = of.trials[::2], of.trials[1::2]
    run = ended(str(tmp_path), of, [*firsts])
    assert kept(run) == {trial.key for trial in firsts}
    for trial in seconds:
        run.append(trial)
    drop_all_but_the_best(run)
    assert len(kept(run)) == 1


def test_the_winner_of_a_sweep_was_trained_from_every_seed(tmp_path: Path) -> None:
    of = sweep(6, seeds=2)
    lucky = min(of.trials, key=lambda trial: trial.metrics["validation_loss"])
    others = [trial for trial in of.trials if trial.setting != lucky.setting]
    run = ended(str(tmp_path), of, [lucky, *others])
    assert len(winner(run)) == 2
    assert winner(run)[0].setting != lucky.setting
    assert Counter(trial.setting for trial in winner(run)) == {winner(run)[0].setting: 2}


@pytest.mark.parametrize("name", ["cardinality-tuned", "free-search", "random-tree"])
def test_the_winner_of_a_sweep_is_what_its_report_calls_the_best(name: str) -> None:
    """Along an axis a setting has good and bad hyperparameters: it is no mean over all of them."""
    run = Run.open(ROOT / "runs" / name)
    best = ranked(outcomes(run))[0]
    assert {trial.key for trial in winner(run)} == {trial.key for trial in best.trials}
    assert worth_keeping(run, run.finished()) == {winner(run)[0].key}


@pytest.mark.parametrize("of", [axis, lambda: sweep(6)], ids=["axis", "sweep"])
def test_among_those_without_weights_are_none_worth_keeping(of: Callable[[], Synthetic], tmp_path: Path) -> None:
    """A run that began without keeping any keeps the best of those that came after."""
    made = of()
    run = made.write(tmp_path / "run")
    assert worth_keeping(run, ()) == set()
    late = {trial.key for trial in made.trials[-2:]}
    assert worth_keeping(run, late) <= late
    drop_all_but_the_best(run)
    assert kept(run) == set()


def test_what_a_killed_study_left_behind_goes(tmp_path: Path) -> None:
    """Weights were written, and their trial never came into the ledger."""
    run = ended(str(tmp_path), axis(), list(axis().trials[:3]))
    before = kept(run)
    keep(run, "0123456789abcdef", b"of nobody")
    drop_all_but_the_best(run)
    assert kept(run) == before


def test_a_run_without_trials_has_no_winner(tmp_path: Path) -> None:
    assert winner(Run.create(tmp_path / "run", axis().recipe)) == []
