"""What `explore plan --estimate` says of a run, and what the run then takes.

Run: `python -m tests.bench.estimate [--seeds 2] [--fidelity quick] [--data fashion-mnist] [--values 1,8,32]`, while
nothing else runs: the estimate is of the machine as it is. Held to 15 % are the run, from its command to its report,
and the mean of every setting's trials. Ends with status 1 if one of them is farther off.
"""

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from analysis.record import Run
from tests.bench.timing import judge, seconds

WITHIN = 0.15


def words(options: Namespace) -> list[str]:
    """Of the question and its training."""
    question = ["--budget", "4GFLOPs", "--axis", "cardinality", "--values", options.values, "--seeds", options.seeds]
    return [*question, "--data", options.data, "--fidelity", options.fidelity]


def explore(*said: str) -> str:
    """What the command prints."""
    made = subprocess.run(
        [sys.executable, "-c", "import sys; from search.cli import main; sys.exit(main())", *said],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return made.stdout


def compare(what: str, predicted: float, real: float) -> bool:
    """Print both; whether they agree."""
    ratio = predicted / real
    spread = f"predicted {predicted:.1f} s, was {real:.1f} s"
    return judge(what, f"{ratio:.3f}", spread, ratio, at_least=1 - WITHIN, at_most=1 + WITHIN)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    for name, default in (("seeds", "2"), ("fidelity", "quick"), ("data", "fashion-mnist"), ("values", "1,8,32")):
        parser.add_argument(f"--{name}", default=default)
    asked = words(parser.parse_args())
    print(f"{os.cpu_count()} cores, load before {', '.join(f'{load:.1f}' for load in os.getloadavg())}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        where = ["--run", str(Path(folder) / "run")]
        said: dict[str, Any] = {}
        spent = seconds(lambda: said.update(json.loads(explore("plan", *asked, *where, "--estimate", "--json"))))
        estimate = said["estimate"]
        real = seconds(lambda: explore(*asked, *where))
        trials = Run.open(Path(folder) / "run").trials()
    print(f"estimated in {spent:.1f} s, which is {spent / real:.0%} of the run")
    results = [compare("the run", estimate["seconds"], real)]
    for one in estimate["settings"]:
        of_it = trials[trials["setting"] == one["setting"]]
        took, computed = (float(of_it[name].mean()) for name in ("seconds", "core_seconds"))
        results.append(compare(f"a trial of {one['setting']}, {len(of_it)} seeds", one["seconds"], took))
        print(f"  in which its process computed for {computed:.1f} s: what is missing, others had")
    sys.exit(not all(results))
