"""How far the order of a fidelity's proxies is to be trusted, where that was measured; docs/evidence.md says how."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.orders import tau_words
from analysis.recipe import Fidelity, Recipe
from analysis.statistics.intervals import Interval
from analysis.training import Training
from analysis.words import number

LIKE = 1.5  # times the study's multiply-adds, or one in so many
ASSUMPTION = (
    "Whether the order of proxies is the order of candidates is an assumption of this report, not a result of it. "
)
UNMEASURED = (
    "How far the order of these agrees with that of larger ones was not measured; train the same networks at both "
    "fidelities, and explore report RUN RUN says it."
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the study found of a fidelity as it came to be on some images."""

    data: str
    resolution: int
    width: float
    depth: float
    train_images: int
    epochs: int
    proxy_macs: float
    networks: int
    alike: int  # of them, ResNets, ResNeXts and Res2Nets
    seeds: int
    core_seconds: float  # a trial
    tau: float  # to the order of the costliest by test error, with its 95 % interval over networks; of that itself NaN
    low: float
    high: float
    ceiling: float  # that noise would let be seen if the orders were the same
    alike_tau: float  # among these
    alike_ceiling: float
    reference: str  # the costliest fidelity; nothing of that itself

    @property
    def tau_words(self) -> str:
        """0.58 (0.30 to 0.87)."""
        return tau_words(Interval(self.tau, self.low, self.high, self.networks))


def trust_words(recipe: Recipe) -> str:
    """What is known of proxies that were trained like these, on these images."""
    found = measured(recipe.fidelity, recipe.data)
    if found is None or not _are_alike(recipe, found.proxy_macs):
        return UNMEASURED
    of = f"{found.networks} networks, trained like these on {recipe.data} from {found.seeds} seeds,"
    if not found.reference:
        return f"Whether larger proxies have the order of these was not measured: {of} are the costliest there are."
    seen, seen_alike = (number(one, 2) for one in (found.ceiling, found.alike_ceiling))
    return (
        f"Measured: {of} stood in the order of the costliest proxies ({found.reference}) with Kendall's τ "
        f"{found.tau_words}; {seen} could be seen if the orders were the same. Among the {found.alike} ResNets, "
        f"ResNeXts and Res2Nets of them τ was {number(found.alike_tau, 2)}, where {seen_alike} could be seen."
    )


def _are_alike(recipe: Recipe, macs: float) -> bool:
    """Whether its proxies are such as the study's, of so many multiply-adds, and trained as they were.

    Where blocks are counted along the axis or give way, and in sweeps of a space, proxies keep all of them and are
    narrow instead, as none of the study's are.
    """
    if recipe.is_free or "depth" in (*recipe.axis, recipe.against):
        return False
    is_small = all(1 / LIKE < setting.proxy_macs / macs < LIKE for setting in recipe.settings)
    return is_small and recipe.training == Training()


def measured(fidelity: Fidelity, data: str) -> Measured | None:
    """What was found of a fidelity as it came to be on these images, whatever it is called."""
    exact, near = ("resolution", "train_images", "epochs"), ("width", "depth")
    return next(
        (
            one
            for one in _table()
            if one.data == data
            and all(getattr(one, name) == getattr(fidelity, name) for name in exact)
            and all(abs(getattr(one, name) - getattr(fidelity, name)) < 1e-6 for name in near)
        ),
        None,
    )


@cache
def _table() -> tuple[Measured, ...]:
    with files("analysis").joinpath("trust.csv").open(encoding="utf-8") as file:
        numbers = dict.fromkeys(("tau", "low", "high", "ceiling", "alike_tau", "alike_ceiling"), "")
        rows = pd.read_csv(file, keep_default_na=False, na_values=numbers).to_dict("records")
    return tuple(Measured(**{str(name): value for name, value in row.items()}) for row in rows)
