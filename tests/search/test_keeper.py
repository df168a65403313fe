"""A study that keeps weights comes to the same numbers, and what it keeps is what was tested."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open

from analysis.keeping import kept, weights_file
from analysis.record import Run
from analysis.training import Training
from analysis.trial import Trial
from search.cli import main
from search.data import DataSet
from search.keeper import Keeper
from search.source import Listed
from search.study import LedgerSearcher
from search.telling import tell
from search.train import Trainer
from search.trainable import ProxyTrainable
from search.weights import loaded, read
from space import build, parse, trace
from space.module import residual_norms
from tests.analysis.runs import a_recipe
from tests.analysis.synthetic import axis
from tests.committed import AXIS_RUNS
from tests.search.tiny import FIDELITY

QUESTION = ("--budget", "4GFLOPs", "--axis", "cardinality", "--data", "digits")
TRICKS = Training(batch_size=32, flip=False, averaging=0.9, dropout=0.1, stochastic_depth=0.2)
PROXY = "input(1, 8) > conv_stem(8, pool=false) > 2*basic(8) > head(10)"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, digits: DataSet) -> Run:
    """A setting from three seeds, of which the best was kept, trained with tricks that change what is tested."""
    of = a_recipe({1: "1x64d"}, fidelity=FIDELITY, training=TRICKS, data="digits")
    run = Run.create(
        tmp_path_factory.mktemp("keeping") / "run",
        replace(of, settings=tuple(replace(setting, proxy=PROXY) for setting in of.settings)),
    )
    searcher = LedgerSearcher(run, Listed(run), lambda _: None, keep="best")
    worker = ProxyTrainable.__new__(ProxyTrainable)
    for name in ("a", "b", "c"):
        asked = searcher.suggest(name)
        assert isinstance(asked, dict)
        worker.setup(asked, digits, run.recipe, "cpu", keep=True)
        for _ in range(FIDELITY.epochs):
            result = worker.step()
            searcher.keeper.on_trial_result(1, [], SimpleNamespace(trial_id=name), result)
        assert "weights" not in result
        searcher.on_trial_complete(name, result)
    return run


def trainer_of(trial: Trial, run: Run, data: DataSet, training: Training) -> Trainer:
    arch, norms = parse(trial.proxy), residual_norms(trace(parse(trial.proxy)))
    seeds = {"run_seed": run.recipe.seed, "replicate": trial.replicate}
    return Trainer(build(arch), norms, data, run.recipe.fidelity, training, **seeds, candidate=trial.sentence)


def test_the_best_is_kept_and_it_is_what_was_tested(run: Run, digits: DataSet) -> None:
    """The weights, in the network of the file's own sentence, come to the trial's loss on every test image."""
    (key,) = kept(run)
    trials = run.finished()
    assert len(trials) == 3
    assert trials[key].metrics["validation_error"] == min(one.metrics["validation_error"] for one in trials.values())
    with safe_open(weights_file(run, key), "pt") as file:
        assert file.metadata()["sentence"] == trials[key].proxy
    trainer = trainer_of(trials[key], run, digits, replace(run.recipe.training, averaging=0.0))
    trainer.model.load_state_dict(loaded(parse(trials[key].proxy), read(weights_file(run, key))).state_dict())
    losses, correct = trainer._score(trainer.viewed.test, np.arange(len(digits.test)))
    assert 100 * (1 - correct.mean()) == pytest.approx(trials[key].metrics["test_error"])
    np.testing.assert_allclose(losses, run.scores(key)[0], rtol=2e-3, atol=2e-3)  # scores are kept as float16


def test_keeping_changes_no_number(run: Run, digits: DataSet) -> None:
    trial = run.finished()[min(kept(run))]
    trainer = trainer_of(trial, run, digits, run.recipe.training)
    for _ in range(run.recipe.fidelity.epochs):
        trainer.epoch()
    measured = trainer.finish().metrics
    assert measured == {name: trial.metrics[name] for name in measured}


def test_what_is_kept_is_exported(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.safetensors"
    words = ["--to", "safetensors", "--weights", "kept", "--output", str(path)]
    assert main(["export", str(run.folder), *words]) == 0
    assert "the proxy, as trained" in capsys.readouterr().out
    key = min(kept(run))
    assert main(["export", f"{run.folder}:{key[:9]}", *words]) == 0
    assert f"as trained ({key}.safetensors)" in capsys.readouterr().out
    assert all(tensor.equal(read(path)[name]) for name, tensor in read(weights_file(run, key)).items())


def test_whose_weights_are_there_is_said(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.telling.write", lambda run, *_, **__: run.folder / "report.html")
    tell(run)
    said = f"weights: of 1 trial; explore export {run.folder} --to onnx --output FILE.onnx"
    assert capsys.readouterr().out.splitlines()[-2] == said


@pytest.mark.parametrize("whose", ["resnet18", f"{AXIS_RUNS[0]}:32x4d"])
def test_what_is_not_kept_is_not_exported(whose: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", whose, "--to", "safetensors", "--weights", "kept", "--output", str(tmp_path / "x")]
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("explore: --weights: none are kept (")


def test_which_weights_is_one_of_two_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUESTION, "--keep-weights", "some"]) == 2
    assert (
        capsys.readouterr().err
        == "explore: --keep-weights: 'some' is not known; write best, all (the nearest is best)\n"
    )


def test_weights_are_on_the_disk_before_the_ledger_names_them(tmp_path: Path) -> None:
    """Ray, which keeps every trial's last result for as long as the study goes on, keeps none of them."""
    made = axis()
    run, result = Run.create(tmp_path / "run", made.recipe), {"weights": b"trained", "done": True}
    keeper = Keeper(run, "all")
    keeper.on_trial_result(1, [], SimpleNamespace(trial_id="a"), result)
    assert result == {"done": True}
    keeper.keep("a", made.trials[0])
    assert weights_file(run, made.trials[0].key).read_bytes() == b"trained"
    assert not run.finished()
    assert not keeper.held


def test_a_trial_that_failed_leaves_no_weights(tmp_path: Path) -> None:
    made = axis()
    run = Run.create(tmp_path / "run", made.recipe)
    keeper = Keeper(run, "all")
    keeper.keep("a", replace(made.trials[0], state="failed", metrics={}, reason="of something"))
    assert kept(run) == set()


def test_weights_of_a_gpu_or_another_layout_are_plain(tmp_path: Path) -> None:
    from search.packed import packed  # here: what it writes is read back without it

    model = build(parse("input(1, 8) > conv_stem(8, pool=false) > 1*basic(8) > head(10)"))
    last = model.to(memory_format=torch.channels_last)
    (tmp_path / "x.safetensors").write_bytes(packed(last, "a sentence"))
    state = read(tmp_path / "x.safetensors")
    assert all(tensor.equal(state[name]) for name, tensor in model.state_dict().items() if tensor.is_floating_point())
