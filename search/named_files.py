"""The files of weights that a recipe names: known by what is in them, as a path stays where its file is another."""

from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path

from analysis.recipe import Recipe
from analysis.sweep import Among
from analysis.training import is_teacher_file
from analysis.tricks import stages


def files_digest(recipe: Recipe) -> str:
    """SHA-256 of the contents of all, wherever they are; nothing where there are none. `OSError` where one is gone."""
    contents = []
    for name in set(_named(recipe)):
        with Path(name).open("rb") as file:
            contents.append(file_digest(file, "sha256").hexdigest())
    return sha256(" ".join(sorted(contents)).encode()).hexdigest() if contents else ""


def _named(recipe: Recipe) -> Iterator[str]:
    """To start from or to be taught by, in any of its trainings."""
    for one in stages(recipe.training, recipe.tricks):
        yield from filter(None, (one.weights, one.teacher_weights))
        yield from filter(is_teacher_file, [one.teacher])
    for choice in recipe.sweep.tune if recipe.sweep else ():
        if isinstance(choice, Among) and choice.field in ("weights", "teacher_weights", "teacher"):
            values = filter(None, map(str, choice.values))
            yield from values if choice.field != "teacher" else filter(is_teacher_file, values)
