"""What the documents say is so: commands run, links lead somewhere, examples work."""

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from search.cli import main
from search.options import COMMANDS
from tests.committed import FILES

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in FILES if name.suffix == ".md"),
]
QUICK = {"plan", "recipe", "cost", "show", "space", "export", "compare", "runs", "zoo"}


def commands() -> list[str]:
    """Every `explore` line in a document's shell examples."""
    blocks = [b for path in DOCUMENTS for b in re.findall(r"```(?:sh|console)\n(.*?)```", path.read_text(), re.DOTALL)]
    lines = [line.removeprefix("$ ").split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if line.startswith("explore ")})


@pytest.mark.parametrize("command", commands())
def test_every_command_in_the_documents_is_understood(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Quick ones are run; of the others the words are checked."""
    monkeypatch.chdir(tmp_path)  # some write a file
    (tmp_path / "runs").symlink_to(ROOT / "runs")
    words = shlex.split(command)[1:]
    if "--estimate" in words:
        COMMANDS["plan"]().parse_args(words[1:])
    elif words[0] in QUICK:
        assert main(words) == 0
        assert capsys.readouterr().out
    elif words[0] == "report":
        assert (ROOT / COMMANDS["report"]().parse_args(words[1:]).run[0] / "recipe.toml").exists()
    elif words[0] in ("sweep", "train", "ablate", "repeat"):
        COMMANDS[words[0]]().parse_args(words[1:])
    else:
        COMMANDS["explore"]().parse_args(words)
        without = [word for before, word in pairwise(["", *words]) if "--data" not in (before, word)]
        assert main(["plan", *without]) == 0
        assert capsys.readouterr().out


def test_the_readme_shows_todays_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "argv", ["explore"])
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert f"```text\n{capsys.readouterr().out.strip()}\n```" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_the_documents_python_works(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for block in re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL):
        exec(compile(block, path.name, "exec"), {})


CHECK = """
from space import build, cost, parse

arch = parse("conv_stem(8) > 2*thin_separable(16)/2 > head(10)")
assert parse(str(arch)) == arch
assert cost(arch).params == sum(p.numel() for p in build(arch).parameters())
"""


def test_adding_a_block_touches_one_file() -> None:
    """CONTRIBUTING's example, as it stands there, has a notation, a cost and a module; apart, as it stays defined."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    subprocess.run([sys.executable, "-c", block + CHECK], check=True, cwd=ROOT)


def test_contributing_is_short() -> None:
    assert (ROOT / "CONTRIBUTING.md").read_text().count("\n") <= 40
