"""A candidate over a latency budget is not trained; what a network takes is found once, and kept."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analysis.record import Run
from search.asking import TRIES
from search.candidates import Found, chooser_of
from search.ceiling import Ceiling, OverError, ceiling, divided
from search.cli import main
from search.gate import Finding, Gate
from search.latency import Predictor, features
from search.proposals import Proposer
from space import Arch, SpaceError, cost, parse, trace
from space.proxy import reduced
from tests.search.sweeps import BUDGET, SPACE, WHOLE, a_sweep, drive, new

NETWORK = parse("input(3, 32) > conv_stem(8, pool=false) > 2*basic(16) > head(10)")


@pytest.mark.parametrize(
    ("text", "seconds", "device", "batch"),
    [
        ("20ms@cpu", 0.02, "cpu", 1),
        ("20ms@cpu,batch=1", 0.02, "cpu", 1),
        ("<=1.5 s @ cuda, batch = 64", 1.5, "cuda", 64),
        (" 700us@mps ", 700e-6, "mps", 1),
        ("20MS@CPU,Batch=2", 0.02, "cpu", 2),
    ],
)
def test_a_latency_says_how_long_where_and_how_many(text: str, seconds: float, device: str, batch: int) -> None:
    found = ceiling(text)
    assert (found.seconds, found.device, found.batch) == (pytest.approx(seconds), device, batch)
    assert ceiling(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "@",
        "20ms@",
        "20@cpu",
        "0ms@cpu",
        "-1ms@cpu",
        "20ms@tpu",
        "20ms@cpu,batch=0",
        "20ms@cpu,8",
        ">=20ms@cpu",
        "1e3ms@cpu",
        "20ms@cpu,batch=",
    ],
)
def test_what_is_no_latency_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SpaceError, match=r"is no latency; write 20ms@cpu, or 5ms@cuda,batch=8$"):
        ceiling(text)


@pytest.mark.parametrize("text", ["0.02s", "20ms", " <= 20 ms", ".5 sec", "700us", "1 second", ">=3S"])
def test_a_time_without_a_device_is_said_to_lack_it(text: str) -> None:
    with pytest.raises(SpaceError, match=r"is no latency, since it names no device; write 20ms@cpu"):
        divided(["4GFLOPs", text])


@pytest.mark.parametrize(
    "text", ["4GFLOPs", "26Mparams", "12activations", "30cio", "<=30MMACs", "4e9", "5s6", "ms", "s"]
)
def test_costs_are_no_times(text: str) -> None:
    assert divided([text]) == ([text], None)


def test_costs_and_a_latency_are_told_apart() -> None:
    assert divided(["4GFLOPs", "20ms@cpu", "<=30Mparams"]) == (["4GFLOPs", "<=30Mparams"], ceiling("20ms@cpu"))
    assert divided(["4GFLOPs"]) == (["4GFLOPs"], None)
    with pytest.raises(SpaceError, match="'30ms@cpu' is a second latency"):
        divided(["20ms@cpu", "30ms@cpu"])


# What passes


class Device:
    """Its networks take a second for every 1e8 multiply-adds, times `off` where its predictor says so."""

    def __init__(self, off: float = 1.0) -> None:
        self.off, self.asked = off, list[str]()

    def __call__(self, arch: Arch) -> float:
        self.asked.append(str(arch))
        return true_seconds(arch)

    def predictor(self, device: str) -> Predictor:
        coefficients = np.array([self.off * 1e-8 if i % 4 == 0 else 0.0 for i in range(len(features(trace(NETWORK))))])
        return Predictor(device, 1, coefficients, 10, 0.05)


def true_seconds(arch: Arch) -> float:
    return cost(arch).macs * 1e-8


def gate(folder: Path, device: Device, limit: str) -> Gate:
    made = Gate(ceiling(limit), folder, 32, lambda _: [], device)
    made.predictor = device.predictor(made.device)
    return made


@given(st.integers(1, 64), st.floats(0.2, 5), st.floats(0.2, 5))
def test_nothing_passes_that_takes_longer(width: int, share: float, off: float) -> None:
    """Whatever is predicted; what is within the budget passes unless it is predicted to be far over it."""
    arch = parse(f"input(3, 32) > conv_stem({width}, pool=false) > 2*basic({width}) > head(10)")
    seconds = true_seconds(arch)
    with TemporaryDirectory() as folder:
        device = Device(off)
        made = gate(Path(folder), device, f"{1000 * share * seconds:.6f}ms@cpu")
        predicted = made.predictor.latency(arch, 32) if made.predictor else 0.0
        if seconds > made.ceiling.seconds or predicted > 1.15 * made.ceiling.seconds:
            with pytest.raises(OverError, match=r"^[^\n]+$"):
                made.admit(arch)
        else:
            made.admit(arch)
            assert device.asked == [str(arch)]


def test_a_network_is_measured_once_for_a_run(tmp_path: Path) -> None:
    """By any gate, under any name: equal networks are one sentence."""
    device = Device()
    for _ in range(2):
        made = gate(tmp_path, device, "1s@cpu")
        made.admit(NETWORK)
        made.admit(parse(str(NETWORK).replace("basic(16)", "basic(16, grouped(1))")))
    assert device.asked == [str(NETWORK)]
    (line,) = (tmp_path / "latencies.jsonl").read_text().splitlines()
    found = Finding(**json.loads(line))
    assert (found.sentence, found.measured) == (str(NETWORK), True)
    assert found.milliseconds == pytest.approx(1000 * true_seconds(NETWORK))


def test_another_device_or_batch_measures_anew(tmp_path: Path) -> None:
    device = Device()
    gate(tmp_path, device, "1s@cpu").admit(NETWORK)
    other = gate(tmp_path, device, "1s@cpu")
    other.found.clear()
    other.device = "another"
    assert not other._is_of_this(next(iter(other._kept())))
    assert not Gate(ceiling("1s@cpu,batch=8"), tmp_path, 32, lambda _: [], device).found
    assert not Gate(ceiling("1s@cpu"), tmp_path, 64, lambda _: [], device).found


@pytest.mark.parametrize("torn", ['{"sentence": "input', "", "null\n", '{"sentence": 1}\n', "\xff\xfe"])
def test_a_torn_line_costs_that_line(torn: str, tmp_path: Path) -> None:
    """Whoever looks changes nothing; whoever writes cuts it off."""
    device = Device()
    gate(tmp_path, device, "1s@cpu").admit(NETWORK)
    path = tmp_path / "latencies.jsonl"
    path.write_bytes(path.read_bytes() + torn.encode("latin-1"))
    before = path.read_bytes()
    assert set(gate(tmp_path, device, "1s@cpu").found) == {str(NETWORK)}
    assert path.read_bytes() == before
    other = gate(tmp_path, device, "1s@cpu")
    other.admit(NETWORK)
    wider = parse(str(NETWORK).replace("16", "24"))
    other.admit(wider)
    assert device.asked == [str(NETWORK), str(wider)]
    assert set(gate(tmp_path, device, "1s@cpu").found) == {str(NETWORK), str(wider)}


def test_what_is_predicted_far_over_is_not_measured(tmp_path: Path) -> None:
    device = Device(off=3.0)
    limit = f"{1000 * 2 * true_seconds(NETWORK):.6f}ms@cpu"
    with pytest.raises(OverError, match=r"is predicted to take .* ms \(.*\), over "):
        gate(tmp_path, device, limit).admit(NETWORK)
    assert not device.asked
    assert '"measured": false' in (tmp_path / "latencies.jsonl").read_text()


def test_a_predictor_is_fitted_once_and_measures_what_it_measures(tmp_path: Path) -> None:
    """On this machine, of small networks: no clock is judged."""
    drawn: list[int] = []

    def draw(count: int) -> list[Arch]:
        drawn.append(count)
        return [parse(f"input(3, 16) > conv_stem({8 * n}, pool=false) > 1*basic({8 * n}) > head(3)") for n in (1, 2)]

    for _ in range(2):
        made = Gate(ceiling("10s@cpu"), tmp_path, 16, draw)
        made.admit(parse("input(3, 16) > conv_stem(8, pool=false) > 2*basic(8) > head(3)"))
        made.found.clear()
        made.admit(NETWORK)
    assert len(drawn) == 1
    assert all(finding.measured and finding.milliseconds > 0 for finding in made.found.values())


# A sweep


def sweep(run: Run, device: Device, limit: str) -> Proposer:
    assert run.recipe.sweep
    chosen = chooser_of(SPACE, (BUDGET,), 0.3, 32)
    passes = gate(run.folder, device, limit)

    def proxy(arch: Arch) -> Arch:
        passes.admit(arch)
        return reduced(arch, WHOLE)

    return Proposer(run, Found(chosen, run.recipe, proxy))


@pytest.mark.parametrize("sampler", ["random", "tpe", "grid"])
def test_a_sweep_trains_nothing_over_its_latency(sampler: str, tmp_path: Path) -> None:
    """All that it proposes is within it, it gets as many as were asked for, and says what it left out."""
    device, limit = Device(off=1.02), "9.6ms@cpu"  # of 7 to 13
    run = new(tmp_path, a_sweep(sampler=sampler, latency=limit, trials=6))
    source = sweep(run, device, limit)
    drive(run, source)
    taken = [true_seconds(parse(proposal.setting.sentence)) for proposal in run.proposals()]
    assert len(taken) >= 6
    assert max(taken) <= 9.6e-3
    if sampler != "grid":  # which goes from the cheapest up
        fastest = min(source.asker.over, key=lambda one: one.milliseconds)
        assert f"took too long, of which the fastest: {fastest}" in (source.notice or "")
    assert len(device.asked) == len(set(device.asked))


@pytest.mark.parametrize("sampler", ["random", "tpe", "nsga2", "grid"])
def test_a_sweep_that_goes_on_proposes_as_if_it_had_not_stopped(sampler: str, tmp_path: Path) -> None:
    limit = "9.6ms@cpu"
    whole, parts = (
        new(tmp_path / name, a_sweep(sampler=sampler, latency=limit, trials=14)) for name in ("whole", "parts")
    )
    drive(whole, sweep(whole, Device(), limit))
    for _ in range(3):
        drive(parts, sweep(parts, Device(), limit), at_most=1)
    drive(parts, sweep(parts, Device(), limit))
    one, other = ([(p.number, p.setting.sentence) for p in run.proposals()] for run in (whole, parts))
    assert one == other


def test_a_latency_that_no_network_has_ends_the_sweep(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", latency="1us@cpu"))
    source = sweep(run, Device(), "1us@cpu")
    assert drive(run, source) == 0
    assert not run.proposals()
    assert source.asker.asked >= TRIES


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--axis", "cardinality", "--budget", "20ms@cpu"], "--budget: '20ms@cpu' is a latency, which is measured"),
        (["space", "resnext", "count", "--budget", "20ms@cpu"], "--budget: '20ms@cpu' is a latency, which is measured"),
        (["sweep", "resnext", "--budget", "20ms@cpu"], "--budget: a sweep trains proxies of one cost; give an amount"),
        (["sweep", "resnext", "--budget", "4GFLOPs", "--budget", "20ms@tpu"], "--budget: '20ms@tpu' is no latency"),
        (["sweep", "resnext", "--budget", "4GFLOPs", "--budget", "20ms@cuda"], "--budget: 20ms@cuda: there is no CUDA"),
        (["sweep", "--axis", "depth", "--budget", "20ms@cpu"], "--budget: '20ms@cpu' is a latency, which is measured"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_latencies_are_for_sweeps_of_spaces(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", "digits"] if words[0] == "sweep" else []
    assert main([*words, *data]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"explore: {says}")
    assert said.count("\n") == 1


def test_a_ceiling_is_a_value() -> None:
    assert Ceiling("20ms@cpu", 0.02, "cpu", 1) == ceiling("20ms@cpu")
