"""Which share of a GPU a trial gets, and which device that is; what only a GPU can show is skipped without one."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, strategies as st

from analysis.training import Training
from search import devices
from search.cluster import Cluster, Resources, shared, slots
from search.devices import MOST, device_memory, device_of, gpu_need, gpu_share, overdrawn
from search.errors import UsageError
from search.memory import trial_memory
from search.trainable import lacked_memory, may_pass
from space import parse
from space.arch import Input
from tests.analysis.runs import a_recipe, a_trial

GPU = {"CPU": 16.0, "GPU": 2.0}
BYTES = st.integers(1, 10**12)


@given(BYTES, BYTES)
def test_as_many_trials_share_a_gpu_as_fit(need: int, memory: int) -> None:
    if gpu_need(need) > memory:
        with pytest.raises(UsageError, match=r"--gpus-per-trial: a trial needs [0-9.]+ GB of a GPU, and the smallest"):
            gpu_share(need, memory)
        return
    share = gpu_share(need, memory)
    trials = int(1 / share)
    assert 0 < share * trials <= 1
    assert trials * gpu_need(need) <= memory
    assert trials == MOST or (trials + 1) * gpu_need(need) > memory


def test_a_share_is_what_is_said_or_what_is_needed() -> None:
    unsaid = Resources(gpus_per_trial=None, need=4_000_000_000)

    def memory() -> int:
        return 24_000_000_000

    def share(resources: Resources, *machines: dict[str, float]) -> float | None:
        return shared(resources, machines, memory).gpus_per_trial

    assert share(unsaid, GPU) == 0.25  # 4 x (1.25 x 4 GB + 0.6 GB) of 24 GB
    assert share(unsaid, {"CPU": 8.0}) == 0.0
    assert share(unsaid, {"CPU": 8.0}, GPU) == 0.25
    assert share(Resources(gpus_per_trial=None), GPU) == 1.0
    assert shared(unsaid, [GPU], lambda: 0).gpus_per_trial == 0.0  # torch was built for CPUs
    assert share(Resources(gpus_per_trial=0.0, need=1), GPU) == 0.0
    assert share(Resources(gpus_per_trial=0.5, need=1), GPU) == 0.5


def test_a_trial_that_lacked_memory_has_a_gpu_or_a_machine_to_itself(tmp_path: Any) -> None:

    def asked(**resources: Any) -> tuple[str, list[dict[str, float]], list[dict[str, float]]]:
        there = Cluster(tmp_path, Resources(threads=2, **resources), cores=16.0)
        return there.device, there.bundles(alone=False), there.bundles(alone=True)

    assert asked() == ("cpu", [{"CPU": 2}], [{"CPU": 16}])
    assert asked(gpus_per_trial=0.25) == ("gpu", [{"CPU": 2, "GPU": 0.25}], [{"CPU": 2, "GPU": 1}])
    assert asked(gpus_per_trial=3) == ("gpu", [{"CPU": 2, "GPU": 1}] * 3, [{"CPU": 2, "GPU": 1}] * 3)


@pytest.mark.parametrize(
    ("resources", "machines", "trials"),
    [
        ({"threads": 2}, [{"CPU": 3.0}, {"CPU": 3.0}], 2),  # no trial has cores of two machines
        ({"gpus_per_trial": 0.4}, [{"CPU": 16.0, "GPU": 2.0}], 4),  # nor parts of two GPUs
        ({"gpus_per_trial": 0.3333}, [{"CPU": 16.0, "GPU": 2.0}, {"CPU": 16.0}], 6),
        ({"gpus_per_trial": 0.1}, [{"CPU": 4.0, "GPU": 2.0}], 4),
        ({"gpus_per_trial": 2.0}, [{"CPU": 16.0, "GPU": 3.0}, {"CPU": 1.0, "GPU": 4.0}], 1),
        ({"gpus_per_trial": 0.0}, [{"CPU": 5.0, "GPU": 1.0}], 5),
    ],
)
def test_trials_at_once_are_what_each_machine_has_room_for(
    resources: dict[str, Any], machines: list[dict[str, float]], trials: int
) -> None:
    assert slots(Resources(**resources), machines) == trials


def test_who_held_more_than_a_share_is_named() -> None:
    recipe = a_recipe({1: "1x64d", 2: "2x40d", 4: "4x24d"})
    unmeasured = a_trial(recipe, 0, 0)
    within, over, more = (
        a_trial(recipe, index, 1, metrics={"memory_of_share": held}) for index, held in enumerate((0.8, 1.25, 1.5))
    )
    assert overdrawn([]) is None
    assert overdrawn([unmeasured, within]) is None
    assert overdrawn([within, over, more]) == (
        "2 trials held more of a GPU's memory than their share, 4x24d 1.50 times as much; "
        "give them a larger one with --gpus-per-trial"
    )


@pytest.mark.parametrize(
    ("error", "lacked"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"), True),
        (MemoryError(), True),
        (OSError(28, "No space left on device"), False),
        (ValueError("memory"), False),
    ],
)
def test_want_of_memory_is_known_by_the_reason(error: Exception, lacked: bool) -> None:
    assert lacked_memory(f"{type(error).__name__}: {error}") is lacked
    assert may_pass(error) is (lacked or isinstance(error, OSError))


def test_the_device_is_the_one_torch_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def there(*, cuda: bool, mps: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    there(cuda=True, mps=True)
    assert (device_of("cpu"), device_of("gpu")) == ("cpu", "cuda")
    there(cuda=False, mps=True)
    assert device_of("gpu") == "mps"
    there(cuda=False, mps=False)
    with pytest.raises(RuntimeError, match="torch finds no GPU here; write --gpus-per-trial 0"):
        device_of("gpu")


def test_a_containers_limit_is_its_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(devices, "LIMIT", limit)
    machine = device_memory("cpu")
    for written, found in (("1000000", 1_000_000), ("max", machine), (str(10**18), machine)):
        limit.write_text(written + "\n")
        assert device_memory("cpu") == found


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpus_peak_is_near_the_prediction() -> None:
    """Within the margin that a share is given."""
    from tests.allocation import step

    arch = replace(parse("resnet50"), input=Input(3, 96))
    devices.forget_peak("cuda")
    _, work = step(arch, 16, device="cuda")
    work()
    work()
    predicted = trial_memory(arch, Training(batch_size=16))
    assert 0.5 * predicted < devices.measured_peak("cuda", 1.0)["peak_memory"] < gpu_need(predicted)
