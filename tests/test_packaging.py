"""What is installed is what is imported, wherever the user stands."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from search.presets import PRESETS
from space.spaces.starters import starters

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The distribution, built from a copy of the tree that git tracks or would."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    subprocess.run(build, check=True, capture_output=True, cwd=source)
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


TEMPLATES = "blocks comparison failed fold head notebook page plot record report run seeds sweep table zoo"


def test_the_wheel_holds_the_three_packages_and_their_data(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in files} == {"space", "analysis", "search"}
    expected = {str(p.relative_to(ROOT)) for top in ("space", "analysis", "search") for p in (ROOT / top).rglob("*.py")}
    data = {
        *(f"analysis/{name}.csv" for name in ("published", "imagenet_weights", "throughput", "trust")),
        *(f"analysis/templates/{name}.html" for name in TEMPLATES.split()),
        *(f"analysis/templates/page.{suffix}" for suffix in ("css", "js")),
        "search/layouts.toml",
        *(f"search/recipes/{name}.toml" for name in PRESETS),
        *(f"{p}/py.typed" for p in ("space", "analysis", "search")),
        *(f"space/spaces/starters/{name}.space" for name in starters()),
    }
    assert files == expected | data


def test_the_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "explore = search.cli:main" in wheel.read(entry).decode()


def test_a_folder_with_packages_of_our_names_changes_nothing(tmp_path: Path) -> None:
    """Not for the driver; `tests/search/test_study.py` looks at the workers."""
    for name in ("space", "search", "analysis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the decoy was imported')\n")
    explore = Path(sys.executable).parent / "explore"
    said = subprocess.run([explore, "cost", "resnet50"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "4,089,184,256" in said.stdout
