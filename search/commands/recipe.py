"""`explore recipe`: the recipes that ship, and what the fields of one are."""

from argparse import Namespace

from search.asked import begun
from search.presets import PRESETS, preset


def run(options: Namespace) -> int:
    """Print their sources; or one as a file, which `--recipe` takes as it is."""
    if options.recipe:
        print(begun(options.recipe, "recipe").to_toml(), end="")
        return 0
    width = max(map(len, PRESETS))
    print(*(f"{name:{width}}  {preset(name).source}" for name in PRESETS), sep="\n")
    return 0
