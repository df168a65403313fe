"""The runs that git keeps."""

import subprocess
from pathlib import Path

from analysis.questions import asked
from analysis.record import Run

ROOT = Path(__file__).parents[1]
_LISTING = subprocess.run(["git", "ls-files", "runs"], cwd=ROOT, capture_output=True, text=True, check=True)
FILES = tuple(Path(name) for name in _LISTING.stdout.split())
RUNS = sorted({ROOT / name.parent for name in FILES if name.name == "recipe.toml"})
_RECIPES = {folder: Run.open(folder).recipe for folder in RUNS}


def kind(folder: Path) -> tuple[object, ...]:
    """What most decides how the page of a committed run looks."""
    recipe = _RECIPES[folder]
    searched = bool(recipe.sweep), bool(recipe.sweep and recipe.sweep.tune)
    return len(recipe.axis), recipe.is_named, recipe.match, bool(recipe.tricks), recipe.race, *searched


COMPLETE = [
    folder
    for folder, recipe in _RECIPES.items()
    if sum(trial.state != "failed" for trial in Run(folder).latest().values()) == asked(recipe)
]
AXIS_RUNS = [folder for folder, recipe in _RECIPES.items() if not (recipe.tricks or recipe.is_named or recipe.sweep)]
