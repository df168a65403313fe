"""The report as a browser shows it, without a network."""

import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.record import Run
from analysis.report import render
from tests.committed import RUNS

BROWSER = next((path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None)
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine to open the report in")


def opened(page: Path, profile: Path) -> tuple[str, list[str]]:
    """The document after its scripts have run, and what the console says; every outside name fails to resolve."""
    words = [str(BROWSER), *QUIET.split(), "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}"]
    words += ["--virtual-time-budget=10000", "--enable-logging=stderr", "--dump-dom", page.as_uri()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("folder", RUNS, ids=[folder.name for folder in RUNS])
def test_every_plot_is_drawn_and_the_console_stays_silent(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(Run.open(folder)))
    document, console = opened(page, tmp_path / "profile")
    assert console == []
    assert document.count('class="main-svg"') >= 4


def test_an_error_on_the_console_would_have_been_seen(tmp_path: Path) -> None:
    page = tmp_path / "broken.html"
    page.write_text("<script>console.error('seen')</script><script>nothing.here()</script>")
    _, console = opened(page, tmp_path / "profile")
    assert len(console) == 2
