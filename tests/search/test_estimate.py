"""What a run will take: a schedule's laws, what a trial's parts come to, and what is said of it."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from analysis.recipe import Fidelity, Recipe
from analysis.record import Run
from analysis.training import Training
from analysis.verdict import verdict
from search import estimate, timing
from search.cli import main
from search.cluster import Cluster, Resources
from search.data import DataSet, load
from search.estimate import Estimate, TrialEstimate, estimated, makespan, text
from search.jobs import config, jobs
from search.means import Means
from search.memory import TESTED, taught_by, trial_memory
from search.packed import packed
from search.rehearsal import Rehearsal
from search.timing import Timing, excerpt, prepared, timed
from space import build, parse
from space.memory import evaluation_memory, training_memory
from tests.analysis.runs import a_race, a_recipe, trials

SECONDS = st.lists(st.floats(0, 1e4), max_size=40)
SMALL = "input(1, 8) > conv_stem(8, pool=false) > 2*bottleneck(8, 16, grouped(2)) > head(10)"


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load("digits")


def recipe(**training: Any) -> Recipe:
    """Two settings on digits."""
    fidelity = Fidelity(name="test", resolution=8, width=1.0, depth=1.0, train_images=640, epochs=3)
    made = a_recipe({1: "1x64d", 2: "2x40d"}, fidelity=fidelity, data="digits", training=Training(**training))
    proxies = (SMALL, SMALL.replace("grouped(2)", "grouped(4)"))
    return replace(made, settings=tuple(replace(s, proxy=p) for s, p in zip(made.settings, proxies, strict=True)))


@given(SECONDS, st.integers(1, 9))
def test_a_schedule_is_never_shorter_than_it_can_be_nor_idle(seconds: list[float], workers: int) -> None:
    """Graham's bound: a list schedule takes less than twice what any would."""
    found, count = makespan(((0, one) for one in seconds), workers)
    least = max(sum(seconds) / workers, max(seconds, default=0.0))
    assert count == len(seconds)
    assert least <= found * (1 + 1e-9)
    assert found <= (2 - 1 / workers) * least * (1 + 1e-9)


@given(SECONDS, st.floats(0, 1e4))
def test_one_worker_takes_the_sum_of_what_begins_in_time(seconds: list[float], until: float) -> None:
    begun = [one for i, one in enumerate(seconds) if sum(seconds[:i]) <= until]
    assert makespan(((0, one) for one in seconds), 1, until) == (pytest.approx(sum(begun)), len(begun))


def test_trials_go_in_turn_to_whoever_is_free() -> None:
    trials = [(0, 3.0), (0, 3.0), (0, 2.0), (1, 2.0), (1, 2.0)]
    assert makespan(trials, 2) == (7, 5)
    assert makespan(trials, 2, until=4) == (5, 4)
    assert makespan([], 3) == (0, 0)


def test_a_teacher_is_trained_once_by_each_worker_for_a_replicate() -> None:
    trials = [(0, 3.0), (0, 3.0), (0, 2.0), (1, 2.0), (1, 2.0)]
    assert makespan(trials, 1, once=10) == (12 + 20, 5)
    assert makespan(trials, 2, once=10) == (10 + 3 + 2 + 10 + 2, 5)  # the other: 13 + 10 + 2


def test_a_trial_is_its_parts() -> None:
    timing = Timing(setup=2.0, first=1.0, step=0.5, image=0.01, fixing=0.25)
    assert timing.trial(steps=10, images=300) == 2 + 1 + 5 + 3
    assert timing.trial(steps=10, images=300, fixing=4) == 2 + 1 + 5 + 3 + 1


def test_memory_is_that_of_a_step_or_of_tested_batches() -> None:
    """With as many numbers for each parameter as momentum and averages keep."""
    proxy, plain = parse(SMALL), Training(batch_size=32)
    step = training_memory(proxy, 32, states=1)
    assert trial_memory(proxy, plain) == step.peak
    assert trial_memory(proxy, replace(plain, momentum=0.0)) == step.peak - step.gradients
    assert trial_memory(proxy, replace(plain, averaging=0.9)) == step.peak + step.gradients
    assert trial_memory(proxy, replace(plain, precision="bf16")) < step.peak
    wide = parse("input(1, 64) > conv_stem(64, pool=false) > 1*basic(8) > head(10)")  # one map is most of all
    tested = trial_memory(wide, plain) - training_memory(wide, 32).state
    assert tested > TESTED * 32 * 64 * 32 * 32 * 4
    assert trial_memory(proxy, replace(plain, test_resolution=16)) > step.peak
    assert trial_memory(proxy, replace(plain, test_resolution=16, fix_epochs=1)) == training_memory(proxy, 32, 16).peak
    taught = trial_memory(proxy, replace(plain, teacher=SMALL), teacher=proxy)
    assert step.peak + step.weights <= taught <= step.peak + step.weights + evaluation_memory(proxy, 32)


def test_a_teacher_from_a_file_is_not_trained(digits: DataSet, tmp_path: Path) -> None:
    """Neither its training's time nor its memory is predicted, but that it looks at every batch."""
    wide = SMALL.replace("8, 16", "64, 256").replace("(8, pool", "(256, pool")
    path = tmp_path / "wide.safetensors"
    path.write_bytes(packed(build(parse(wide)), wide))
    trained, of_weights, of_file = (
        recipe(teacher=wide, batch_size=32),
        recipe(teacher=wide.replace("head(10)", "head(5)"), teacher_weights=str(path), batch_size=32),
        recipe(teacher=str(path), batch_size=32),
    )
    memories = []
    for asked in (trained, of_weights, of_file):
        teacher = taught_by(asked.training, asked.fidelity, digits)
        assert teacher == parse(wide)
        memories.append(trial_memory(parse(SMALL), asked.training, teacher))
    plain, weights = trial_memory(parse(SMALL), Training(batch_size=32)), training_memory(parse(wide), 32).weights
    assert memories[0] >= training_memory(parse(wide), 32, states=1).peak > memories[1] == memories[2]
    assert memories[1] >= plain + weights
    assert prepared(config(jobs(of_weights)[0]), of_weights, digits, "cpu") > 0


@pytest.mark.parametrize("words", [{"teacher": SMALL}, {"teacher": SMALL, "teacher_weights": "x.pt"}])
def test_only_a_teacher_that_is_trained_is_timed(
    words: dict[str, str], rehearsed: None, digits: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings, timed_trials = (Timing(1.0, 0.0, 0.25, 0.001),) * 3, list[int]()

    def rehearse(trials: list[object], *_: object) -> Rehearsal:
        timed_trials.append(len(trials))
        return Rehearsal(timings[: len(trials)], 2, time.perf_counter(), 3.0, 300_000_000, 4_000_000_000, "cpu")

    monkeypatch.setattr("search.rehearsal.rehearse", rehearse)
    estimated(recipe(**words), digits, MEANS, None, time.perf_counter())
    assert timed_trials == [2 if "teacher_weights" in words else 3]


def test_an_excerpt_is_of_the_images_and_as_long_as_is_asked(digits: DataSet) -> None:
    part = excerpt(digits, 256, 100)
    assert len(part.test) == 100
    assert part.train.classes == 10
    assert {image.tobytes() for image in part.train.pixels} <= {image.tobytes() for image in digits.train.pixels}
    few = timing._Few(config(jobs(recipe(batch_size=32))[0]), recipe(), digits, "cpu", steps=8)
    assert few.steps == 8
    assert 10 <= few.validated <= 40
    assert len(excerpt(digits, 10**6, 10**6).train) == len(digits.train)


def test_a_timing_is_of_this_machine_and_trains_nothing_that_can_diverge(digits: DataSet) -> None:
    wild = recipe(batch_size=32, lr=1e9)
    found = timed(config(jobs(wild)[0]), wild, digits, "cpu")
    assert 0 < found.step < 5
    assert 0 < found.image < found.step
    assert found.setup > 0
    assert found.first >= 0


def test_what_is_slow_is_timed_by_one_step(digits: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    few: list[int] = []

    class Few:
        def __init__(self, *_: object, steps: int) -> None:
            few.append(steps)
            self.steps, self.validated = steps, 10

        def epoch(self) -> float:
            return 12.0

        def tested(self) -> float:
            return 0.2

    monkeypatch.setattr(timing, "_Few", Few)
    found = timed(config(jobs(recipe())[0]), recipe(), digits, "cpu")
    assert (few, found) == ([1], Timing(found.setup, 0.0, 10.0, 0.2))


def test_the_steps_of_a_round_fill_its_time(digits: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first step that takes longer, as compilation does, is counted once."""

    class Few:
        def __init__(self, *_: object, steps: int) -> None:
            self.steps, self.validated = steps, 10
            self.epochs = iter([0.55] if steps == 1 else [9.0, *[0.2 * steps + 0.1] * 4])

        def epoch(self) -> float:
            return next(self.epochs)

        def tested(self) -> float:
            return 0.01

    monkeypatch.setattr(timing, "_Few", Few)
    monkeypatch.setattr(timing, "ROUND", 2.2)
    found = timed(config(jobs(recipe())[0]), recipe(), digits, "cpu")
    assert found.step == pytest.approx(0.2)
    assert found.first == pytest.approx(0.55 - 0.1 - 0.2)


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are ready at once, and found a step of a quarter and a half of a second."""
    timings = Timing(1.0, 0.0, 0.25, 0.001), Timing(1.0, 0.0, 0.5, 0.001)

    class Started:
        def __init__(self, *_: object) -> None:
            pass

        def __enter__(self) -> object:
            return Cluster(SimpleNamespace(), Resources())  # type: ignore[arg-type]

        def __exit__(self, *_: object) -> None:
            pass

    def rehearse(*_: object) -> Rehearsal:
        return Rehearsal(timings, 2, time.perf_counter(), 3.0, 300_000_000, 4_000_000_000, "cpu")

    monkeypatch.setattr("search.cluster.cluster", Started)
    monkeypatch.setattr("search.rehearsal.rehearse", rehearse)


def test_a_run_is_scheduled_in_the_studys_order(rehearsed: None, digits: DataSet) -> None:
    """Three epochs of 5 steps; 126 images are validated after each, 540 are tested: 15 steps and 918 images a trial."""
    asked, start = recipe(), time.perf_counter()
    found = estimated(asked, digits, MEANS, None, start)
    assert [one.setting for one in found.settings] == ["1x64d", "2x40d"]
    images = 3 * 125 + len(digits.test)
    short, long = (1 + 15 * step + images * 0.001 for step in (0.25, 0.5))
    assert [one.seconds for one in found.settings] == pytest.approx([short, long], abs=0.05)
    assert [one.memory for one in found.settings] == [
        trial_memory(parse(s.proxy), asked.training) for s in asked.settings
    ]
    order = [long, short] * 3 if asked.settings[1].proxy_macs > asked.settings[0].proxy_macs else [short, long] * 3
    expected, count = makespan(((0, one + estimate.BETWEEN) for one in order), 2)
    assert (found.trials, found.workers) == (count, 2) == (6, 2)
    assert found.seconds == pytest.approx(3 + expected + estimate.AFTER, abs=1.0)
    assert found.trial_memory == 300_000_000 + max(one.memory for one in found.settings)
    assert found.room == 4_000_000_000 // found.trial_memory


MEANS = Means(address=None, gpus_per_trial=0.0, retries=2, seconds=float("inf"), storage=None, keep=None)
FOUND = Estimate((TrialEstimate("1x64d", 31.2, 84_000_000),), 18, 2, 560.0, 412_000_000, 16_000_000_000, "cpu")


def test_it_is_said_in_words_and_numbers() -> None:
    lines = text(FOUND).splitlines()
    assert lines[1].split() == ["1x64d", "31.2", "s", "84.0", "MB"]
    assert lines[-1] == (
        "18 trials, 2 at once, in 9.3 min from the command to its report, on cpu; "
        "a trial needs 412 MB with its process, and 16.0 GB have room for 38."
    )
    assert json.loads(json.dumps(estimate.document(FOUND))) == json.loads(json.dumps(asdict(FOUND))) | {"room": 38}
    assert text(replace(FOUND, trials=1)).splitlines()[-1].startswith("1 trial, alone, in ")


WORDS = ("plan", "--budget", "4GFLOPs", "--axis", "cardinality", "--values", "1,2", "--data", "digits", "--fidelity")


def test_a_plan_says_what_its_run_will_take(rehearsed: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, "tiny", "--estimate"]) == 0
    assert "6 trials, 2 at once, in " in capsys.readouterr().out
    assert main([*WORDS, "tiny", "--estimate", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["estimate"]
    assert [one["setting"] for one in said["settings"]] == ["1x64d", "2x40d"]
    assert said["trials"] == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fidelity", "tinny"], "--fidelity: 'tinny' is not known"),
        (["--fidelity", "tiny", "--data", "no"], "--data: 'no' is not known"),
        (["--fidelity", "tiny", "--set", "lr=x"], "--set: lr: 'x'"),
        (["--fidelity", "tiny", "--gpus-per-trial", "x"], "--gpus-per-trial: 'x'"),
        (["--fidelity", "tiny", "--race", "--seeds", "1"], "--race: at most 1 seeds"),
    ],
)
def test_wrong_words_are_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = [] if "--data" in words else ["--data", "digits"]
    assert main(["plan", "--budget", "4GFLOPs", "--axis", "cardinality", *data, *words, "--estimate"]) == 2
    assert capsys.readouterr().err.startswith(f"explore: {message}")


def test_what_is_left_is_what_the_command_would_train(tmp_path: Path) -> None:
    """Of a run that was asked for more seeds before, these; of a race that is over, nothing."""
    run = Run.create(tmp_path / "more", a_recipe(seeds=5))
    for trial in trials(run.recipe, replicates=3):
        run.append(trial)
    assert len(estimate._left(a_recipe(seeds=3), run)) == 2 * len(run.recipe.settings)
    over = Run.create(tmp_path / "over", a_race(a_recipe(), cap=10))
    for trial in trials(over.recipe, slope=-9.0, replicates=5):
        over.append(trial)
    assert verdict(over.recipe, over.trials()).decided
    assert estimate._left(over.recipe, over) == []
    assert {job.key for job in estimate._left(over.recipe, None)} == {job.key for job in jobs(over.recipe)}
