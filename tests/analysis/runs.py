"""Synthetic recipes and runs whose truth is known."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, TypeAlias

import numpy as np

from analysis.recipe import EQUAL, NETWORKS, Fidelity, Recipe, Setting
from analysis.record import Trial, trial_key
from analysis.sweep import Between, Sweep
from analysis.training import Training
from analysis.tricks import Trick

Named = Mapping[int | tuple[int, ...], str]
Changes: TypeAlias = Any  # fields of a record, by keyword

CARDINALITIES: Named = {1: "1x64d", 2: "2x40d", 4: "4x24d", 8: "8x14d", 32: "32x4d"}
RADIX_PLANE: Named = {(r, c): f"{r}s{c}x{d}d" for c, d in ((1, 64), (2, 40), (4, 24)) for r in (0, 1, 2, 4)}
FIDELITY = Fidelity(name="minutes", resolution=28, width=0.25, depth=0.34, train_images=10_000, epochs=4)
TRAINING = Training(lr=0.1)  # whatever the default may be
VERSIONS = {"python": "3.11.2", "torch": "2.9.0"}
LR = Between(field="lr", low=0.01, high=1.0, log=True)


def a_setting(value: int | tuple[int, ...], name: str, macs: int) -> Setting:
    """Costs are plausible; only their fields matter here."""
    return Setting(
        value=value, setting=name, sentence=a_sentence(value, 224), proxy=a_sentence(value, 28),
        macs=macs, params=25_000_000, activations=11_000_000,
        budget_error=macs / 4e9 - 1, base_error=macs / 4_089_184_256 - 1,
        proxy_macs=4_000_000 + macs // 10**6, proxy_params=200_000,
    )  # fmt: skip


def a_sentence(value: int | tuple[int, ...], resolution: int) -> str:
    """A small network that differs with the value."""
    radix, cardinality = value if isinstance(value, tuple) else (0, value)
    spatial = f"split_attention({radix}, {cardinality})" if radix else f"grouped({cardinality})"
    block = f"bottleneck({8 * max(radix, 1) * cardinality}, 64, {spatial})"
    return f"input(1, {resolution}) > conv_stem(16) > 2*{block} > head(10)"


def a_recipe(settings: Named | None = None, *, axis: tuple[str, ...] = ("cardinality",), **changes: Changes) -> Recipe:
    """What `explore --budget 4GFLOPs --axis cardinality` would resolve to, but for the names of the settings."""
    names: Named = CARDINALITIES if settings is None else settings
    costs = (4_089_184_256, 4_125_000_000, 4_160_000_000, 4_267_000_000, 4_230_480_000)
    fields: dict[str, Any] = {
        "command": f"explore --budget 4GFLOPs --axis {axis[0]} --seeds 3",
        "budget": "4GFLOPs", "budget_macs": 4 * 10**9, "axis": axis, "against": "width", "match": "paper",
        "base": "resnet50", "base_macs": 4_089_184_256, "resolution": 224, "data": "fashion-mnist",
        "seed": 0, "seeds": 3, "fidelity": FIDELITY, "training": TRAINING,
        "settings": tuple(a_setting(v, n, costs[i % 5]) for i, (v, n) in enumerate(names.items())),
    }  # fmt: skip
    return Recipe(**fields | changes)


def a_plane(**changes: Changes) -> Recipe:
    """Radix by cardinality, as in ResNeSt's ablation."""
    return a_recipe(RADIX_PLANE, axis=("radix", "cardinality"), base="resnest50_fast_1s1x64d", **changes)


def an_ablation(*names: str, **changes: Changes) -> Recipe:
    """What `explore ablate resnet50` would resolve to, with a change of its own for each trick."""
    tricks = tuple(Trick(name=name, changes={"crop_padding": i}) for i, name in enumerate(names, 1))
    one = a_setting(1, "none", 4_089_184_256)
    named = enumerate(["none", *(f"+ {name}" for name in names)])
    settings = tuple(replace(one, value=value, setting=name) for value, name in named)
    fields: Changes = {"axis": ("tricks",), "against": "", "match": "", "settings": settings, "tricks": tricks}
    return replace(a_recipe({}), **fields | changes)


def by_name(names: Named | None = None, *, equal: bool = False, **changes: Changes) -> Recipe:
    """What `explore train` would resolve to for these settings."""
    named = a_recipe(names or CARDINALITIES)
    settings = tuple(replace(setting, value=place) for place, setting in enumerate(named.settings))
    fields: Changes = {"axis": (NETWORKS,), "against": "", "match": EQUAL if equal else "", "settings": settings}
    return replace(named, **fields | changes)


def a_race(of: Recipe, cap: int = 10) -> Recipe:
    """The recipe as a race."""
    return replace(of, seeds=cap, race=True)


def a_sweep(seeds: int = 1, command: str = "explore sweep", **changes: Changes) -> Recipe:
    """What `explore sweep resnext --budget 4GFLOPs --tune lr` would resolve to; `changes` are of its sweep."""
    fields: Changes = {"space": "resnext", "budgets": ("4GFLOPs",), "proxy_macs": 4_000_000, "trials": 6, "tune": (LR,)}
    sweep = Sweep(**fields | changes)
    return replace(a_recipe({}), axis=(), against="", match="", seeds=seeds, sweep=sweep, command=command)


def a_trial(recipe: Recipe, index: int, replicate: int, error: float = 10.0, **changes: Changes) -> Trial:
    """A finished trial of the setting at `index`; its losses follow from its error."""
    setting = recipe.settings[index]
    return trial_of(recipe, setting, asdict(recipe.training_of(setting)), replicate, error, **changes)


def trial_of(
    recipe: Recipe, setting: Setting, tuned: Changes, replicate: int, error: float, **changes: Changes
) -> Trial:
    """A finished trial of any setting; its losses follow from its error."""
    epochs, loss = recipe.fidelity.epochs, 0.03 * error
    curve = tuple(
        {"epoch": e, "train_loss": loss + 1 / e, "validation_loss": loss + 1.1 / e, "validation_error": error + 9 / e,
         "seconds": 5.0 * e}
        for e in range(1, epochs + 1)
    )  # fmt: skip
    metrics = {"test_error": error, "test_loss": loss, "validation_error": error + 0.3,
               "validation_loss": loss + 0.01, "train_loss": loss - 0.05}  # fmt: skip
    fields: dict[str, Any] = {
        "state": "finished", "value": setting.value, "setting": setting.setting, "sentence": setting.sentence,
        "key": trial_key(setting.sentence, setting.proxy, tuned, recipe.fidelity, replicate),
        "proxy": setting.proxy, "replicate": replicate, "fidelity": recipe.fidelity.name,
        "hyperparameters": tuned, "metrics": metrics, "curve": curve, "seconds": 5.0 * epochs,
        "versions": VERSIONS, "host": "a processor with 2 cores", "finished_at": "2026-01-02T03:04:05+00:00",
    }  # fmt: skip
    return Trial(**fields | changes)


def trials(recipe: Recipe, slope: float = -0.8, noise: float = 0.2, replicates: int = 3, seed: int = 0) -> list[Trial]:
    """Error changes by `slope` points over the settings; replicates differ by an offset that pairing takes away."""
    chance, steps = np.random.default_rng(seed), max(1, len(recipe.settings) - 1)
    errors = 10 + slope * np.arange(len(recipe.settings)) / steps
    return [
        a_trial(recipe, index, replicate, float(error + offset + chance.normal(0, noise)))
        for replicate, offset in enumerate(chance.normal(0, 0.5, replicates))
        for index, error in enumerate(errors)
    ]  # fmt: skip


def failed(trial: Trial, reason: str = "out of memory") -> Trial:
    """The trial, had it failed."""
    return replace(trial, state="failed", metrics={}, curve=(), reason=reason)
