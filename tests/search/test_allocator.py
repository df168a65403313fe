"""A worker keeps the memory it frees for the next step, and returns it after a trial."""

import subprocess
import sys

import pytest

from search import allocator

SCRIPT = """
import resource, sys
import torch
from search.allocator import keep_freed, return_freed

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    step = [torch.ones(10 * 2**20) for _ in range(2)]  # 40 MiB each: above glibc's own threshold, at most 32
    del step
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "keep":
    keep_freed()
print(min(faults() for _ in range(40)))  # a block may be moved for many steps before it has a place that fits
kept = resident()
return_freed()
print(kept - resident())
"""


def ran(how: str) -> tuple[int, int]:
    said = subprocess.run([sys.executable, "-c", SCRIPT, how], check=True, capture_output=True, text=True).stdout
    faults, returned = map(int, said.split())
    return faults, returned


@pytest.mark.skipif(not sys.platform.startswith("linux") or allocator._glibc() is None, reason="glibc is not there")
def test_what_is_freed_is_kept_until_it_is_returned() -> None:
    plainly, _ = ran("not")
    kept, returned = ran("keep")
    assert kept < plainly / 100
    assert returned >= 80 * 2**20  # a step's
