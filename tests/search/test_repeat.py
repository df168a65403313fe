"""`explore repeat`: a trial trained again from its line has the numbers it had, and what has not is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.record import Run
from analysis.training import Training
from search.cli import main
from search.data import DataSet
from search.repeating import again
from search.source import Listed
from search.study import LedgerSearcher
from search.subject import called
from search.trainable import ProxyTrainable
from tests.analysis.runs import a_recipe, a_trial
from tests.search.tiny import FIDELITY

PROXY = "input(1, 8) > conv_stem(8, pool=false) > 2*basic(8) > head(10)"
TRICKS = Training(batch_size=32, flip=False, mixup=0.2, crop_padding=1, averaging=0.9, stochastic_depth=0.2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, digits: DataSet) -> Run:
    """Two settings from two seeds, trained as a worker of a study trains them."""
    of = a_recipe({1: "1x64d", 2: "2x40d"}, fidelity=FIDELITY, training=TRICKS, data="digits")
    proxies = (PROXY, PROXY.replace("2*", "1*"))
    settings = tuple(replace(one, proxy=proxy) for one, proxy in zip(of.settings, proxies, strict=True))
    recipe = replace(of, settings=settings, seeds=2, data_digest=digits.digest)
    run = Run.create(tmp_path_factory.mktemp("repeating") / "run", recipe)
    searcher = LedgerSearcher(run, Listed(run), lambda _: None)
    worker = ProxyTrainable.__new__(ProxyTrainable)
    for name in "abcd":
        asked = searcher.suggest(name)
        assert isinstance(asked, dict)
        worker.setup(asked, digits, recipe, "cpu")
        for _ in range(FIDELITY.epochs):
            result = worker.step()
        searcher.on_trial_complete(name, result)
    return run


def test_every_trial_has_the_numbers_it_had(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repeat", str(run.folder), "--sample", "9"]) == 0
    *lines, empty, sum_of_it = capsys.readouterr().out.splitlines()
    assert (empty, sum_of_it) == ("", "4 of 4 trials the same to the last bit")
    assert sorted(line.split()[0] for line in lines) == sorted(run.finished())
    assert all(line.endswith(": the same") for line in lines)


def test_named_are_those_asked_for_each_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    last = list(run.finished())[-1]
    assert main(["repeat", str(run.folder), "1x64d", last[:8], last]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[1:4] == ["1x64d,", "seed", "0:"]
    assert lines[1].startswith(last)
    assert lines[-1] == "2 of 2 trials the same to the last bit"


def test_a_number_that_was_another_is_told_with_where_it_came_from(run: Run, digits: DataSet) -> None:
    trial = next(iter(run.finished().values()))
    curve = ({**trial.curve[0], "train_loss": trial.curve[0]["train_loss"] + 1e-12, "seconds": 0.0}, *trial.curve[1:])
    found = again(replace(trial, curve=curve, host="another", versions={"torch": "1.0"}), run.recipe, digits)
    ((name, (then, now)),) = found.differences().items()
    assert name == "train_loss of epoch 1"
    assert now == trial.curve[0]["train_loss"] != then
    assert found.elsewhere().startswith("machine another (here ")
    assert "torch 1.0 (here " in found.elsewhere()


def test_a_ledger_that_says_otherwise_ends_with_1(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "recipe.toml").write_bytes((run.folder / "recipe.toml").read_bytes())
    trial = next(iter(run.finished().values()))
    changed = replace(trial, metrics={**trial.metrics, "test_error": 50.0})
    (folder / "trials.jsonl").write_text(f"{changed.to_line()}\n")
    assert main(["repeat", str(folder)]) == 1
    first, _, last = capsys.readouterr().out.splitlines()
    assert "test error 50.00 %, again " in first
    assert "differs in test_error 50, again " in first
    assert last == "0 of 1 trial the same to the last bit"


def test_what_cannot_be_repeated_is_refused_in_a_line(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = Run.create(tmp_path / "others", replace(run.recipe, data_digest="0" * 16))
    (others.folder / "trials.jsonl").write_bytes((run.folder / "trials.jsonl").read_bytes())
    none = Run.create(tmp_path / "none", run.recipe)
    for words, said in (
        ([str(run.folder), "3x3d"], "'3x3d' is no trial of the run; write a setting (2x40d, 1x64d) or a key"),
        ([str(run.folder), "--sample", "0"], "--sample: '0' is not possible"),
        ([str(others.folder)], "its 'digits' are other images than those of that name here"),
        ([str(none.folder)], "no trial of the run is finished"),
        ([str(tmp_path / "nowhere")], "repeat: "),
    ):
        assert main(["repeat", *words]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert said in err


def test_a_setting_is_called_by_its_name_whatever_keys_begin_so() -> None:
    """A network may be called as a key begins, which is hexadecimal."""
    recipe = a_recipe()
    named = replace(a_trial(recipe, 0, 0), setting="a", key="b000000000000000")
    other = replace(a_trial(recipe, 1, 0), setting="b", key="a000000000000000")
    assert called("a", [other, named], "run") == [named]
    assert called("a0", [named, other], "run") == [other]
