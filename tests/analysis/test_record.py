"""A run folder keeps what was once written, and says what it could not keep."""

import fcntl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from analysis import files
from analysis.recipe import RecordError
from analysis.record import LockedError, Run
from tests.analysis.runs import a_recipe, a_trial, trials


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs" / "x", a_recipe())


# the folder -----------------------------------------------------------------------------------------------------------


def test_what_is_appended_is_there_when_opened_again(run: Run) -> None:
    written = trials(run.recipe)
    for trial in written:
        run.append(trial)
    again = Run.open(run.folder)
    assert again.recipe == run.recipe
    assert again.finished() == {trial.key: trial for trial in written}
    assert again.notices == []


def test_the_same_command_continues(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0))
    assert len(Run.create(run.folder, run.recipe).finished()) == 1


def test_more_seeds_may_be_asked_and_fewer_change_nothing(run: Run) -> None:
    more = Run.create(run.folder, replace(run.recipe, seeds=5, command="explore --seeds 5"))
    assert (more.recipe.seeds, more.recipe.command) == (5, "explore --seeds 5")
    assert Run.open(run.folder).recipe == more.recipe
    assert Run.create(run.folder, replace(run.recipe, seeds=1, command="x")).recipe == more.recipe


def test_another_recipe_is_refused_with_the_difference(run: Run) -> None:
    with pytest.raises(RecordError) as caught:
        Run.create(run.folder, replace(run.recipe, training=replace(run.recipe.training, lr=0.05)))
    expected = (
        f"{run.folder} holds a run of another recipe: training.lr: 0.1 here, 0.05 asked; choose another --run folder"
    )
    assert str(caught.value) == expected
    with pytest.raises(RecordError, match=r"match: paper here, exact asked \(and 1 more\);"):
        Run.create(run.folder, replace(run.recipe, training=replace(run.recipe.training, lr=0.05), match="exact"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "it has no recipe.toml"),
        (b"seed = ", "not TOML"),
        (b"", "missing"),
        (b"\xff", "not UTF-8"),
        (b"a = 1", "nearest"),
    ],
)
def test_a_damaged_folder_is_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "recipe.toml").write_bytes(content)
    with pytest.raises(RecordError, match=message) as caught:
        Run.open(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_folder_and_a_ledger_without_a_recipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="there is no such folder"):
        Run.open(tmp_path / "none")
    (tmp_path / "trials.jsonl").touch()
    with pytest.raises(RecordError, match=r"holds trials.jsonl but no recipe.toml"):
        Run.create(tmp_path, a_recipe())


def test_reading_changes_no_file(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0))
    with (run.folder / "trials.jsonl").open("ab") as file:
        file.write(b'nonsense\n{"torn')
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    reader = Run.open(run.folder)
    for read in (reader.trials, reader.finished, reader._repr_html_):
        read()
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert len(reader.notices) == 2  # each told once, however often it is read


def test_the_second_of_two_first_starts_finds_the_recipe_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first writes after the second has seen that there is no recipe, just before it would write its own."""
    first, second = a_recipe(), a_recipe(match="exact")
    make_folder = files.make_folder

    def overtaken(folder: Path) -> None:
        make_folder(folder)
        with monkeypatch.context() as patch:
            patch.setattr("analysis.record.make_folder", make_folder)
            Run.create(folder, first)

    with monkeypatch.context() as patch:
        patch.setattr("analysis.record.make_folder", overtaken)
        with pytest.raises(RecordError, match="match: paper here, exact asked"):
            Run.create(tmp_path / "run", second)
    assert Run.open(tmp_path / "run").recipe == first


STARTER = """
import sys
from analysis.recipe import RecordError
from analysis.record import Run
from tests.analysis.runs import a_recipe
try:
    Run.create(sys.argv[1], a_recipe(seed=int(sys.argv[2])))
except RecordError:
    sys.exit(3)
"""


def test_of_many_first_starts_at_once_one_wins(tmp_path: Path) -> None:
    here, folder = Path(__file__).parents[2], tmp_path / "run"
    starters = [subprocess.Popen([sys.executable, "-c", STARTER, str(folder), str(i)], cwd=here) for i in range(4)]
    codes = [starter.wait() for starter in starters]
    assert sorted(codes) == [0, 3, 3, 3]
    assert Run.open(folder).recipe.seed == codes.index(0)


def test_more_seeds_cannot_be_asked_of_a_run_at_work(run: Run) -> None:
    with run.lock():
        with pytest.raises(LockedError, match="is locked: another explore"):
            Run.create(run.folder, replace(run.recipe, seeds=5))
        assert Run.create(run.folder, run.recipe).recipe == run.recipe  # reading on is no writing
    assert Run.open(run.folder).recipe.seeds == 3


def test_seeds_raised_by_another_are_not_lowered_again(run: Run) -> None:
    late = Run.open(run.folder)
    Run.create(run.folder, replace(run.recipe, seeds=9, command="nine"))
    late._grow(replace(run.recipe, seeds=5, command="five"))
    assert (late.recipe.seeds, late.recipe.command) == (9, "nine")
    assert Run.open(run.folder).recipe == late.recipe


def test_a_run_whose_images_have_changed_is_refused(tmp_path: Path) -> None:
    Run.create(tmp_path, a_recipe(data_digest="1234"))
    with pytest.raises(RecordError, match="data_digest: 1234 here, abcd asked"):
        Run.create(tmp_path, a_recipe(data_digest="abcd"))


def test_a_second_study_is_kept_out_until_the_first_ends(run: Run) -> None:
    with run.lock():
        with pytest.raises(LockedError, match="is locked: another explore"), Run.open(run.folder).lock():
            pass
        run.append(a_trial(run.recipe, 0, 0))
    with Run.open(run.folder).lock():
        pass


# scores ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("images", [0, 1, 8, 13])
def test_scores_come_back_in_half_precision_and_in_bits(run: Run, images: int) -> None:
    chance = np.random.default_rng(images)
    losses, correct = chance.exponential(size=images), chance.random(images) > 0.5
    trial = a_trial(run.recipe, 0, 0)
    run.append(trial, scores=(losses, correct))
    back = run.scores(trial.key)
    assert (back[0] == losses.astype(np.float16)).all()
    assert (back[1] == correct).all()
    assert run.finished()[trial.key].scores == f"scores/{trial.key}.npz"


def test_an_enormous_loss_stays_the_largest_half(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0, key="k"), scores=([1e9, np.inf, 1.0], [0, 0, 1]))
    assert run.scores("k")[0].tolist() == [65504.0, 65504.0, 1.0]


def test_missing_or_damaged_scores_are_one_line(run: Run) -> None:
    with pytest.raises(RecordError, match="no scores were kept for trial 'k'"):
        run.scores("k")
    run.append(a_trial(run.recipe, 0, 0, key="k"), scores=([1.0], [True]))
    (run.folder / "scores" / "k.npz").write_bytes(b"PK")
    with pytest.raises(RecordError, match="is damaged"):
        run.scores("k")


def test_a_look_at_the_lock_keeps_nobody_out(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_recipe())
    assert not run.is_locked
    with (run.folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        Timer(0.03, file.close).start()
        with run.lock():
            assert Run.open(run.folder).is_locked
    assert not run.is_locked
