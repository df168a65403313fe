"""Settings of the whole suite."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite",
    max_examples=100,
    deadline=None,  # speed is measured in tests/bench, not by whichever example meets a cold cache
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

# The networks here are tiny: two threads would spend their time waiting for each other.
torch.set_num_threads(1)

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"


# They start Ray: one after the other, by one of xdist's processes, and first, for they take the longest.
WITH_RAY = {f"test_{name}" for name in ("faults", "kill", "mirror", "nodes", "race", "reporting", "study", "sweep")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in WITH_RAY:
            item.add_marker(pytest.mark.xdist_group("ray"))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regold", action="store_true", help="write the golden files anew; review them as a diff")


@pytest.fixture
def regold(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written rather than compared."""
    return bool(request.config.getoption("--regold"))
