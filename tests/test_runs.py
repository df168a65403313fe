"""Every committed run loads with today's code and means today what it meant then."""

from dataclasses import asdict

import pytest

from analysis.questions import answer, asked
from analysis.record import Run, trial_key
from analysis.report import page
from analysis.searched import outcomes
from docs.tables import QUESTIONS
from space import cost, parse
from tests.committed import FILES, ROOT, RUNS


@pytest.fixture(params=RUNS, ids=[folder.name for folder in RUNS])
def run(request: pytest.FixtureRequest) -> Run:
    return Run.open(request.param)


def test_the_two_plots_of_the_mission_and_the_bag_of_tricks_have_their_runs() -> None:
    axes = {Run.open(folder).recipe.axis for folder in RUNS}
    assert {("cardinality",), ("radix", "cardinality"), ("tricks",)} <= axes


def test_the_evidence_is_of_all_of_them() -> None:
    assert sorted(name for names in QUESTIONS.values() for name in names) == sorted(folder.name for folder in RUNS)


def test_all_its_trials_are_there_or_it_says_how_many(run: Run) -> None:
    table, wanted, sweep = run.trials(), asked(run.recipe), run.recipe.sweep
    assert run.notices == []
    assert set(table["state"]) <= {"finished", *(["pruned"] if sweep and sweep.stops_early else [])}
    assert len(table) == wanted or f"{len(table)} of {wanted} trials" in (run.folder / "README.md").read_text()


def test_its_sentences_cost_what_they_did(run: Run) -> None:
    for setting in (*run.recipe.settings, *(proposal.setting for proposal in run.proposals())):
        candidate, proxy = cost(parse(setting.sentence), run.recipe.resolution), cost(parse(setting.proxy))
        assert (candidate.macs, candidate.params) == (setting.macs, setting.params)
        assert (proxy.macs, proxy.params) == (setting.proxy_macs, setting.proxy_params)
        assert str(parse(setting.sentence)) == setting.sentence


def test_its_trials_keep_their_keys_and_scores(run: Run) -> None:
    """A changed key would train every finished trial again."""
    proposed = {trial.key for one in outcomes(run) for trial in one.trials} if run.recipe.sweep else set()
    for trial in run.finished().values():
        if run.recipe.sweep:
            assert trial.key in proposed
        else:
            (setting,) = (one for one in run.recipe.settings if one.setting == trial.setting)
            training = asdict(run.recipe.training_of(setting))
            assert trial.key == trial_key(trial.sentence, trial.proxy, training, run.recipe.fidelity, trial.replicate)
        losses, correct = run.scores(trial.key)
        assert 100 * (1 - correct.mean()) == pytest.approx(trial.metrics["test_error"])
        assert losses.mean() == pytest.approx(trial.metrics["test_loss"], rel=1e-2)


def test_its_readme_says_the_command_and_the_verdict(run: Run) -> None:
    readme = (run.folder / "README.md").read_text()
    assert run.recipe.command in readme
    words = answer(run).words
    assert words in " ".join(readme.replace("\n> ", " ").split())


def test_it_is_committed_without_what_can_be_made_again(run: Run) -> None:
    mine = [name for name in FILES if name.is_relative_to(run.folder.relative_to(ROOT))]
    assert {name.suffix for name in mine} == {".toml", ".jsonl", ".md", ".npz"}


def test_its_report_renders(run: Run) -> None:
    assert "<h1" in page(run)
