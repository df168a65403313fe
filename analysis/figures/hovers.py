"""What stands under the pointer: laid out once for a trace, and filled from the row that each of its points has."""

import shlex
from textwrap import wrap
from typing import NamedTuple

from analysis.figures.drawing import as_text
from analysis.recipe import Recipe, Setting
from analysis.searched import Outcome
from analysis.words import MISSING, brief, percent

LONGEST, LINE = 80, 42  # letters of a sentence that are shown, and of a line, so that a telephone has room for it


class Told(NamedTuple):
    """A network in a row of `customdata`; its command comes first, as page.js copies it on a click."""

    command: str
    name: str
    sentence: str  # shortened
    macs: int
    off: str  # of what was asked for: +4.1 % off the budget
    params: int
    activations: int
    proxy_macs: int
    more: str = ""  # what was chosen beside the network


# of a trace whose rows begin with a `Told`
TOLD = (
    "<b>%{customdata[1]}</b> %{customdata[8]}<br>%{customdata[2]}<br>"
    "%{customdata[3]:.3s} FLOPs (%{customdata[4]})<br>"
    "%{customdata[5]:.3s} params, %{customdata[6]:.3s} activations<br>"
    "trained as a proxy of %{customdata[7]:.3s} FLOPs<br>a click copies <i>explore show …</i><extra></extra>"
)
# and go on with the number of seeds and half an interval
MEAN = f"mean %{{y:.3f}} ± %{{customdata[10]:.3f}}, n = %{{customdata[9]}}<br>{TOLD}"


def told(recipe: Recipe, setting: Setting, more: str = "") -> Told:
    """The network by name and sentence, what it costs, and the command that shows it."""
    return Told(
        command=show_command(setting.sentence),
        name=as_text(brief(setting.setting, LINE)),
        sentence=shortened(setting.sentence),
        macs=setting.macs,
        off=f"{percent(setting.budget_error)} off {as_text(brief(recipe.aim, LINE))}",
        params=setting.params,
        activations=setting.activations,
        proxy_macs=setting.proxy_macs,
        more=as_text(more),
    )


def proposal_told(recipe: Recipe, one: Outcome) -> Told:
    """The network that was proposed, and what else was."""
    assert recipe.sweep
    more = ", ".join(f"{tuned.field} = {_shown(one, tuned.field)}" for tuned in recipe.sweep.tune)
    return told(recipe, one.proposal.setting, more)


def show_command(network: str) -> str:
    """For a shell, whatever stands in the sentence or name."""
    return f"explore show {shlex.quote(network)}"


def shortened(sentence: str) -> str:
    """Its beginning, in lines."""
    return "<br>".join(as_text(line) for line in wrap(brief(sentence, LONGEST), LINE))


def _shown(one: Outcome, field: str) -> str:
    value = one.proposal.hyperparameters.get(field, MISSING)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
