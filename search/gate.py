"""Lets pass what a device computes in time: predicted first, then measured, and no network more than once."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from analysis.files import append_line, write_atomically
from search.ceiling import Ceiling, OverError
from search.latency import Predictor, fit, measured_in_turn
from search.measure import named, on
from space import Arch, trace
from space.written import excerpt

NETWORKS = 12  # that a predictor is fitted from
SLACK = 3  # median errors of the predictor above the budget from which nothing is measured
LEAST = 0.1  # of the budget, at least

Draw = Callable[[int], Sequence[Arch]]
Measure = Callable[[Arch], float]


@dataclass(frozen=True)
class Finding:
    """What a network takes, and how that is known: a line of the run's `latencies.jsonl`."""

    sentence: str
    device: str
    batch: int
    resolution: int
    milliseconds: float
    measured: bool  # or predicted


class Gate:
    """Of one run, in whose folder its findings and its predictor are kept; another device finds its own."""

    def __init__(
        self, ceiling: Ceiling, folder: Path, resolution: int, draw: Draw, measure: Measure | None = None
    ) -> None:
        """`draw` gives so many networks such as will be asked about; `measure` seconds of one, by default as here."""
        self.ceiling, self.folder, self.resolution, self.draw = ceiling, folder, resolution, draw
        self.measure = measure or self._measured
        self.device = named(on(ceiling.device)) if ceiling.device != "cpu" else _one_thread()
        self.found = {one.sentence: one for one in self._kept() if self._is_of_this(one)}
        self.predictor: Predictor | None = None

    def admit(self, arch: Arch) -> None:
        """`OverError` where the network takes longer than the budget."""
        sentence = str(arch)
        finding = self.found.get(sentence) or self._finding(arch, sentence)
        if finding.milliseconds > 1000 * self.ceiling.seconds:
            how = "takes" if finding.measured else "is predicted to take"
            what = f"{excerpt(sentence)} {how} {finding.milliseconds:.3g} ms ({self.device})"
            raise OverError(f"{what}, over {self.ceiling}", milliseconds=finding.milliseconds)

    def _finding(self, arch: Arch, sentence: str) -> Finding:
        predictor = self.predictor = self.predictor or self._predictor()
        seconds = predictor.latency(arch, self.resolution)
        hopeless = seconds > self.ceiling.seconds * (1 + max(LEAST, SLACK * predictor.error))
        if not hopeless:
            seconds = self.measure(arch)
        found = Finding(
            sentence=sentence,
            device=self.device,
            batch=self.ceiling.batch,
            resolution=self.resolution,
            milliseconds=1000 * seconds,
            measured=not hopeless,
        )
        self.found[sentence] = found
        append_line(self._path, json.dumps(asdict(found), ensure_ascii=False).encode())
        return found

    @property
    def _path(self) -> Path:
        return self.folder / "latencies.jsonl"

    def _is_of_this(self, one: Finding) -> bool:
        return (one.device, one.batch, one.resolution) == (self.device, self.ceiling.batch, self.resolution)

    def _kept(self) -> list[Finding]:
        """Those of its lines that say what a network takes; any other is as if it had not been written."""
        text = self._path.read_text(encoding="utf-8", errors="replace") if self._path.exists() else ""
        found = []
        for line in text.splitlines():
            try:
                found.append(Finding(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return found

    def _predictor(self) -> Predictor:
        """As it was fitted when the run began: what it refuses, it refuses again."""
        path, wanted = self.folder / "predictor.json", (self.device, self.ceiling.batch)
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            made = Predictor(**{**plain, "coefficients": np.array(plain["coefficients"], np.float64)})
            if (made.device, made.batch) == wanted:
                return made
        except (OSError, ValueError, TypeError, KeyError):
            pass
        drawn = self.draw(NETWORKS)
        made = fit(drawn, self.ceiling.device, self.ceiling.batch, self.resolution, _clock(self.ceiling))
        plain = {**asdict(made), "coefficients": made.coefficients.tolist()}
        write_atomically(path, json.dumps(plain).encode())
        return made

    def _measured(self, arch: Arch) -> float:
        graphs = [trace(arch, self.resolution)]
        (seconds,) = measured_in_turn(graphs, self.ceiling.device, self.ceiling.batch, _clock(self.ceiling))
        return float(seconds)


def _one_thread() -> str:
    """A CPU's name, once this process computes with one thread: its time is then a core's, whatever else runs."""
    torch.set_num_threads(1)
    return named(on("cpu"))


def _clock(ceiling: Ceiling) -> Callable[[], float]:
    return time.thread_time if ceiling.device == "cpu" else time.perf_counter
