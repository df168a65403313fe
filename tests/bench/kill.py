"""Kill a study at random moments, give the same command again, and hold its table to that of an uninterrupted one.

Run: `python -m tests.bench.kill --times 100 [--kills 2] [--seeds 4] [--seed 0]`. A run of six tiny networks, each from
so many seeds, is killed so often with SIGKILL, by turns the driver alone and its whole process group, and then left to
end; so many times. Its table has to be bit-identical to that of a run that nothing happened to and that kept no
weights, no trial may have finished twice, what is finished has its weights, and no process may be left. Ends with
status 1 otherwise.
"""

import os
import random
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file

from analysis import ledger
from analysis.keeping import weights_file
from analysis.record import Run
from tests.processes import left_of

COMMAND = (
    *("--budget", "4GFLOPs", "--axis", "cardinality", "--data", "digits", "--fidelity", "tiny"),
    *("--run", "run"),
)
KEEPING = ("--keep-weights", "all")
KILLS, SEEDS = 2, 4
IDENTICAL = ["setting", "sentence", "proxy", "replicate", "key"]
LIMIT = 600.0  # seconds that one run may take


@dataclass(frozen=True)
class Survived:
    """What became of a run that was killed."""

    kills: int  # that came before its end
    kept: int  # trials that were finished at the last kill
    faults: tuple[str, ...]


def start(folder: Path, seeds: int, *words: str) -> subprocess.Popen[bytes]:
    """The command, leading a session of its own."""
    command = [str(Path(sys.executable).parent / "explore"), *COMMAND, "--seeds", str(seeds), *words]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def table(folder: Path) -> pd.DataFrame:
    """What must be equal: architectures, seeds and metrics, not times."""
    trials = Run.open(folder / "run").trials()
    measured = [name for name in trials.columns if name.endswith(("_error", "_loss"))]
    found: pd.DataFrame = trials[[name for name in (*IDENTICAL, *measured) if name in trials.columns]]
    return found


def uninterrupted(folder: Path, seeds: int) -> tuple[pd.DataFrame, float]:
    """The table, and how many seconds it took."""
    began = time.monotonic()
    code = start(folder, seeds).wait(LIMIT)
    assert code == 0, (folder / "log").read_text()
    return table(folder), time.monotonic() - began


def is_there_at_a_moment(
    running: subprocess.Popen[bytes], folder: Path, trials: int, seconds: float, rng: random.Random
) -> bool:
    """Wait until some trials are kept and a little longer; one time in four for any moment, of the start, too."""
    if rng.random() < 0.25:
        wanted, pause = 0, rng.uniform(0, seconds)
    else:
        wanted, pause = rng.randrange(min(kept_in(folder), trials - 1), trials), rng.uniform(0, 0.5)
    while running.poll() is None and kept_in(folder) < wanted:
        time.sleep(0.01)
    try:
        running.wait(pause)
    except subprocess.TimeoutExpired:
        return True
    return False


def kept_in(folder: Path) -> int:
    """Trials that are lines of the ledger, without touching it."""
    path = folder / "run" / "trials.jsonl"
    return path.read_bytes().count(b'"state": "finished"') if path.exists() else 0


def without_weights(folder: Path) -> list[str]:
    """Of what is finished, that whose weights are not there, or not whole."""
    if not (folder / "run" / "recipe.toml").exists():
        return []
    run = Run.open(folder / "run")
    found = []
    for key in run.finished():
        try:
            load_file(weights_file(run, key))
        except (OSError, SafetensorError) as error:
            found.append(f"no weights of {key}: {error}")
    return found


def survive(
    folder: Path, seeds: int, expected: pd.DataFrame, seconds: float, rng: random.Random, *, kills: int, group: bool
) -> Survived:
    """Kill the command so often, let it end, and say what is not as it should be."""
    killed, kept, sessions, faults, trials = 0, 0, [], [], len(expected)
    for _ in range(kills):
        running = start(folder, seeds, *KEEPING)
        sessions.append(running.pid)
        if is_there_at_a_moment(running, folder, trials, seconds, rng):
            (os.killpg if group else os.kill)(running.pid, signal.SIGKILL)
            running.wait()
            killed += 1
            kept = len(Run.open(folder / "run").finished()) if (folder / "run" / "recipe.toml").exists() else 0
            faults += without_weights(folder)
    last = start(folder, seeds, *KEEPING)
    sessions.append(last.pid)
    if (code := last.wait(LIMIT)) != 0:
        faults.append(f"the last command ended with {code}: {(folder / 'log').read_text()[-300:]}")
    elif not table(folder).equals(expected):
        faults.append("the table differs")
    finished = [trial.key for trial in ledger.read(folder / "run" / "trials.jsonl").trials if trial.state == "finished"]
    faults += [f"{len(finished)} lines are of finished trials, not {trials}"] if len(finished) != trials else []
    faults += without_weights(folder)
    faults += [f"{len(set(finished))} different trials finished"] if len(set(finished)) != trials else []
    faults += [f"left running: {left[0][:200]}" for one in sessions if (left := left_of(one))]
    return Survived(killed, kept, tuple(faults))


def rehearse(times: int, seed: int, kills: int = KILLS, seeds: int = SEEDS) -> int:
    """How many of so many runs did not come out as they should; prints a line for each."""
    failed, rng = 0, random.Random(seed)
    with TemporaryDirectory() as place:
        (whole := Path(place) / "whole").mkdir()
        expected, seconds = uninterrupted(whole, seeds)
        print(f"uninterrupted: {len(expected)} trials, {seconds:.1f} s", flush=True)
        for number in range(times):
            (folder := Path(place) / str(number)).mkdir()
            group = number % 2 == 1
            found = survive(folder, seeds, expected, seconds, rng, kills=kills, group=group)
            whom, said = "process group" if group else "driver", "; ".join(found.faults) or "as uninterrupted"
            print(f"{number + 1:4} {whom:14} killed {found.kills} x, {found.kept:2} trials kept: {said}", flush=True)
            failed += bool(found.faults)
    print(f"{times - failed} of {times} as uninterrupted")
    return failed


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    sys.exit(bool(rehearse(options.times, options.seed, options.kills, options.seeds)))
