"""The house keeps its order: imports point one way, files and functions stay small, heavy libraries wait."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {"space": set(), "analysis": {"space"}, "search": {"space", "analysis"}}
HEAVY = {
    "space": {"torch", "ray", "optuna", "pandas", "plotly"},
    "analysis": {"torch", "ray", "optuna"},
    "search": set(),
}
BUILDERS = {"space.module", "space.recompute", "space.fused"}  # the modules of space that are torch
WAITING = {"analysis.statistics.importances"}  # asks Optuna when it is asked, and not before
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_TEST_FILE = 40, 300, 400


def modules(folder: str = "") -> dict[str, Path]:
    paths = [p for top in ([folder] if folder else MAY_IMPORT) for p in sorted((ROOT / top).rglob("*.py"))]
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


def imports(path: Path, *, at_start: bool = False) -> Iterator[str]:
    """Names of the modules a file imports when it runs; with `at_start`, only those imported when it is."""
    for node in _executed(ast.parse(path.read_text()), functions=not at_start):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(tree: ast.AST, *, functions: bool) -> Iterator[ast.AST]:
    """The nodes that run: not those under TYPE_CHECKING, nor on import those in functions."""
    for node in ast.iter_child_nodes(tree):
        types_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if types_only or (isinstance(node, ast.FunctionDef) and not functions):
            continue
        yield node
        yield from _executed(node, functions=functions)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_arrows_point_at_the_more_stable_folder(folder: str) -> None:
    for name, path in modules(folder).items():
        ours = {imported.split(".")[0] for imported in imports(path)} & set(MAY_IMPORT)
        assert ours <= MAY_IMPORT[folder] | {folder}, f"{name} imports {ours}"


def test_nothing_but_the_command_line_and_other_commands_imports_a_command() -> None:
    for name, path in modules("search").items():
        commands = [imported for imported in imports(path) if imported.startswith("search.commands")]
        assert not commands or name == "search.cli" or name.startswith("search.commands."), f"{name} imports {commands}"


def test_statistics_know_no_run() -> None:
    for name, path in modules("analysis/statistics").items():
        ours = {imported for imported in imports(path) if imported.split(".")[0] in MAY_IMPORT}
        assert all(imported.startswith("analysis.statistics") for imported in ours), f"{name} imports {ours}"


def test_no_module_imports_itself_in_a_circle() -> None:
    """Not even where an import waits for a function to be called, but that a run shows itself in a notebook."""
    known = modules()
    graph = {name: {i for i in imports(path) if i in known and i != name} for name, path in known.items()}
    graph["analysis.record"].remove("analysis.notebook")
    packages = {name for name, path in known.items() if path.name == "__init__.py"}
    # A package's own __init__ only gathers what its modules define.
    list(
        TopologicalSorter(
            {name: reads - packages for name, reads in graph.items() if name not in packages}
        ).static_order()
    )


@pytest.mark.parametrize("folder", HEAVY)
def test_light_folders_name_no_heavy_library(folder: str) -> None:
    for name, path in modules(folder).items():
        named = {imported.split(".")[0] for imported in imports(path, at_start=name in WAITING)} & HEAVY[folder]
        assert not named or name in BUILDERS, f"{name} imports {named}"


@pytest.mark.parametrize(
    "code",
    [
        "import analysis.report, analysis.plots, analysis.verdict",
        "import analysis.zoo; from analysis.statistics import agreement, edf, importances, pareto, power",
        "import space; space.cost(space.parse('resnext50_32x4d'))",
        "import search.cli; search.cli.main(['cost', 'resnet50', '--json'])",
        "import search.cli; search.cli.main(['plan', '--budget', '4GFLOPs', '--axis', 'radix'])",
        "import search.cli; search.cli.main(['show', 'resnet50'])",
        "import search.cli; search.cli.main(['runs'])",
        "import search.cli; search.cli.main(['zoo'])",
        "import search.progress, search.jobs, search.data",
    ],
)
def test_costs_plans_and_reports_load_no_heavy_library(code: str) -> None:
    """In a fresh interpreter, so that no other test's imports are seen."""
    check = f"{code}\nimport sys\nassert not {{'torch', 'ray', 'optuna'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


@pytest.mark.parametrize(("name", "path"), modules().items(), ids=list(modules()))
def test_files_and_functions_fit_in_the_eye(name: str, path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{name}.{node.name}"


def test_test_files_stay_readable() -> None:
    long = [path.name for path in (ROOT / "tests").rglob("*.py") if path.read_text().count("\n") > LONGEST_TEST_FILE]
    assert not long


BINARY = {".npz", ".png", ".parquet"}


def test_no_file_names_a_place_on_this_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    places = [str(place) for place in (ROOT, Path.home()) if place != Path("/")]
    for path in (ROOT / name for name in tracked if name and Path(name).suffix not in BINARY):
        if path.is_file():
            assert not [place for place in places if place in path.read_text(encoding="utf-8")], path
