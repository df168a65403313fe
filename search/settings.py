"""Settings and recipes, from networks and from what every command asks of a training."""

from argparse import Namespace
from typing import Any

from analysis.recipe import Fidelity, Setting
from analysis.training import Training
from search.data import DataSet
from search.words import integer
from space import Arch, cost


def setting(
    value: int | tuple[int, ...],
    name: str,
    arch: Arch,
    proxy: Arch,
    *,
    budget_macs: int,
    base_macs: int,
    resolution: int | None = None,
) -> Setting:
    """A candidate with its proxy, costed at `resolution` pixels a side (None: its own) against budget and base."""
    costs, trained = cost(arch, resolution), cost(proxy)
    return Setting(
        value=value,
        setting=name,
        sentence=str(arch),
        macs=costs.macs,
        params=costs.params,
        activations=costs.activations,
        budget_error=costs.macs / budget_macs - 1,
        base_error=costs.macs / base_macs - 1,
        proxy=str(proxy),
        proxy_macs=trained.macs,
        proxy_params=trained.params,
    )


def trained_on(options: Namespace, data: DataSet, fidelity: Fidelity, training: Training, seeds: int) -> dict[str, Any]:
    """The fields of a recipe that are no part of its question."""
    return {
        "command": options.command,
        "data": data.name,
        "data_digest": data.digest,
        "seed": integer("--seed", options.seed, low=0) or 0,
        "seeds": seeds,
        "fidelity": fidelity,
        "training": training,
    }
