"""What is to be trained, before it is."""

from analysis.recipe import Recipe
from analysis.trust import trust_words
from analysis.words import plural
from space.budget import shown


def proxies_text(recipe: Recipe) -> str:
    """How many trials of how many images, and a line for each setting with its candidate's cost and its proxy."""
    fidelity, settings, what = recipe.fidelity, recipe.settings, "network" if recipe.is_named else "setting"
    most = "at most " if recipe.race else ""
    trials = f"{plural(len(settings), what)}, {most}{plural(recipe.seeds, 'seed')}: "
    trials += f"{most}{plural(recipe.seeds * len(settings), 'trial')}"
    each = f"{plural(fidelity.epochs, 'epoch')} of {fidelity.train_images:,} images of {recipe.data}"
    rows = [(one.setting, shown(one.macs), shown(one.proxy_macs), one.proxy) for one in settings]
    rows.insert(0, (what, "FLOPs", "trained as", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows]
    return "\n".join([f"{trials}, each {each}", "", *(line.rstrip() for line in lines), "", trust_words(recipe)])
