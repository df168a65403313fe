"""Where the settings of a run fall among the named networks: what full training makes of such costs."""

from analysis.figures.zoo import zoo, zoo_info
from analysis.plot import Plot
from analysis.recipe import Recipe
from analysis.words import amount
from analysis.zoo import resolutions


def placing(recipe: Recipe) -> Plot:
    """Of a run along an axis, beside the networks tested at the resolution at which its settings are costed."""
    at = recipe.resolution if recipe.resolution in resolutions() else None
    costs = [setting.macs for setting in recipe.settings]
    low, high = amount(min(costs)), amount(max(costs))
    caption = (
        "Top-1 error on ImageNet-1K of the public weights of named networks, tested at "
        f"{f'{at} pixels' if at else 'several resolutions'}: medians with their ranges, as recipes differ. Triangles "
        f"are this run's settings, of {low if low == high else f'{low} to {high}'} FLOPs; what full training would "
        "make of them is not known. All of the map, by other costs and by speed: explore zoo --plot zoo.html."
    )
    figure = zoo(zoo_info("macs", run=recipe, resolution=at))
    return Plot("placing", "Among the named networks", f"Plot of error over FLOPs. {caption}", caption, figure)
