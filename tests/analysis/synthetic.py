"""Run folders of any size, written at once and without training, whose truth is known.

    big = sweep(5000)                           # or axis(seeds=1000), axis(seeds=3, world=ERRORS, images=500)
    run = diverged(stopped_early(big)).write(tmp_path / "run")

`KINDS` has one of everything that a report must be able to show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import product
from math import log2, log10, nan
from pathlib import Path
from random import Random

import numpy as np

from analysis import score_files
from analysis.image_scores import ImageScores
from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.sweep import Objective, Sweep
from analysis.trial import Hyperparameters, Proposal, Trial
from space.arch import Input
from space.budget import limit
from space.cost import cost
from space.proxy import Reduction, reduced
from space.spaces.choices import Parameter, Value
from space.spaces.choosing import Chooser, chooser
from space.spaces.space import space
from tests.analysis.runs import FIDELITY, LR, a_plane, a_recipe, a_sweep, an_ablation, by_name, failed, trial_of, trials
from tests.analysis.scores import ERRORS, World, scored

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&🦊"
LONG = "<b>" + 10_000 * "n"
NETWORKS = 40  # distinct ones of a sweep; its trials differ in their learning rate, too


@dataclass(frozen=True)
class Synthetic:
    """What a run's folder is to hold."""

    recipe: Recipe
    trials: tuple[Trial, ...]  # in the order in which they ended
    proposals: tuple[Proposal, ...] = ()
    scores: ImageScores = field(default_factory=ImageScores)

    def write(self, folder: Path | str) -> Run:
        """The run; its ledger is written in one piece, as `Run.append` would have written it line by line."""
        run = Run.create(folder, self.recipe)
        if self.scores.errors:
            (run.folder / "scores").mkdir()
        for key, errors in self.scores.errors.items():
            (run.folder / "scores" / f"{key}.npz").write_bytes(score_files.pack(self.scores.losses[key], errors == 0))
        kept = (replace(t, scores=f"scores/{t.key}.npz") if t.key in self.scores.errors else t for t in self.trials)
        lines = "".join(f"{one.to_line()}\n" for entries in (self.proposals, kept) for one in entries)
        (run.folder / "trials.jsonl").write_text(lines, encoding="utf-8")
        return run


# made of nothing ------------------------------------------------------------------------------------------------------


def axis(
    seeds: int = 3,
    *,
    recipe: Recipe | None = None,
    slope: float = -0.8,
    world: World | None = None,
    images: int = 0,
    seed: int = 0,
) -> Synthetic:
    """All settings of a recipe (cardinality's five) from so many seeds.

    Error changes by `slope` points from the first setting to the last; or as `world` says, with scores of `images`.
    """
    asked = replace(recipe or a_recipe(), seeds=seeds)
    if world:
        return Synthetic(asked, *_with_scores(asked, world, images, seed))
    return Synthetic(asked, tuple(trials(asked, slope=slope, replicates=seeds, seed=seed)))


def _with_scores(
    recipe: Recipe, world: World, images: int, seed: int
) -> tuple[tuple[Trial, ...], tuple[Proposal, ...], ImageScores]:
    ended, scores = scored(recipe, world, recipe.seeds, images, seed)
    return tuple(ended), (), scores


def sweep(
    proposals: int = 50,
    *,
    objectives: tuple[Objective, ...] = ("loss",),
    scheduler: str = "none",
    seeds: int = 1,
    networks: int = NETWORKS,
    seed: int = 0,
) -> Synthetic:
    """So many proposals of ResNeXts about 4 GFLOPs and learning rates, each trained from so many seeds.

    Of their choices `lr` matters most (best at 0.1) and `C` some (the smaller the better); the others do not matter.
    """
    recipe = a_sweep(seeds=seeds, trials=proposals, objectives=objectives, scheduler=scheduler)
    chance, known = np.random.default_rng(seed), _networks(networks)
    rates = 10 ** chance.uniform(-2, 0, proposals)
    noise = chance.normal(0, 0.2, (proposals, seeds))
    asked = [_proposal(recipe, i, float(rates[i]), known[int(chance.integers(len(known)))]) for i in range(proposals)]
    ended = tuple(_trial(recipe, one, r, float(noise[i, r])) for i, one in enumerate(asked) for r in range(seeds))
    return Synthetic(recipe, ended, tuple(asked))


def axis_sweep(tries: int = 4, *, seeds: int = 1, slope: float = -0.8, seed: int = 0) -> Synthetic:
    """The settings of `axis`, each with the same learning rates, of which another is the best for each.

    At their best their error changes by `slope` points from the first to the last. Proposals are trained with one rate
    after the other; noise of their validation losses is their own, so that the best by it is not that by test error.
    """
    along = a_recipe()
    sweep = Sweep(proxy_macs=4_000_000, tune=(LR,), trials=tries * len(along.settings))
    recipe = replace(along, seeds=seeds, sweep=sweep)
    chance, last = np.random.default_rng(seed), len(along.settings) - 1
    asked, ended = [], []
    for number, (step, place) in enumerate(product(range(tries), range(last + 1))):
        setting, rate = recipe.settings[place], 0.1 * 2**step
        tuned = {**asdict(recipe.training), "lr": rate}
        asked.append(Proposal(number=number, parameters={"lr": rate}, setting=setting, hyperparameters=tuned))
        error = 10 + slope * place / last + 0.1 * abs(step - place % tries)
        for replicate in range(seeds):
            trial = trial_of(recipe, setting, tuned, replicate, error + chance.normal(0, 0.05))
            metrics = trial.metrics | {"validation_loss": 0.03 * error + chance.normal(0, 0.002)}
            ended.append(replace(trial, metrics=metrics))
    return Synthetic(recipe, tuple(ended), tuple(asked))


def true_error(parameters: Hyperparameters) -> float:
    """Percent, of a proposal of `sweep` whatever its seed."""
    return 10 + 3 * (log10(float(parameters["lr"] or nan)) + 1) ** 2 + 0.3 * log2(float(parameters["C"] or nan))


def _proposal(recipe: Recipe, number: int, lr: float, network: "_Network") -> Proposal:
    setting = replace(network.setting, value=number, setting=f"#{number}")
    hyperparameters = {**asdict(recipe.training), "lr": lr}
    parameters = {**network.parameters, "lr": lr}
    return Proposal(number=number, parameters=parameters, setting=setting, hyperparameters=hyperparameters)


def _trial(recipe: Recipe, one: Proposal, replicate: int, noise: float) -> Trial:
    return trial_of(recipe, one.setting, one.hyperparameters, replicate, true_error(one.parameters) + noise)


@dataclass(frozen=True)
class _Network:
    parameters: Mapping[str, Value]
    setting: Setting


@cache
def _chooser() -> Chooser:
    return chooser(space("resnext"), [limit("4GFLOPs", 0.01)], 224)


@cache
def _networks(number: int) -> tuple[_Network, ...]:
    """Of the space `resnext` within 1 % of 4 GFLOPs, with their costs."""
    random = Random(0)
    return tuple(_drawn(random) for _ in range(number))


def _drawn(random: Random) -> _Network:
    chosen: dict[str, Value] = {}

    def ask(parameter: Parameter, possible: Sequence[Value]) -> Value:
        return chosen.setdefault(parameter.name, random.choice(possible))

    arch = _chooser().choose(ask).arch
    proxy = reduced(arch, Reduction(FIDELITY.width, FIDELITY.depth, Input(1, FIDELITY.resolution), 10))
    costs, trained = cost(arch, 224), cost(proxy)
    setting = Setting(
        value=0, setting="#0", sentence=str(arch), proxy=str(proxy), macs=costs.macs, params=costs.params,
        activations=costs.activations, budget_error=costs.macs / 4e9 - 1, base_error=costs.macs / 4_089_184_256 - 1,
        proxy_macs=trained.macs, proxy_params=trained.params,
    )  # fmt: skip
    return _Network(chosen, setting)


# made of another ------------------------------------------------------------------------------------------------------


def unfinished(of: Synthetic) -> Synthetic:
    """Had no trial ended."""
    return replace(of, trials=(), scores=ImageScores())


def all_failed(of: Synthetic, reason: str = "out of memory") -> Synthetic:
    """Had every trial failed."""
    return replace(of, trials=tuple(failed(trial, reason) for trial in of.trials), scores=ImageScores())


def some_failed(of: Synthetic, every: int = 7, reason: str = "out of memory") -> Synthetic:
    """Had one in so many failed."""
    return _changed(of, every, lambda trial: failed(trial, reason))


def diverged(of: Synthetic, every: int = 7) -> Synthetic:
    """Had one in so many come to what is no number, in its metrics and at the end of its curve."""
    return _changed(of, every, _diverged)


def stopped_early(of: Synthetic, every: int = 3) -> Synthetic:
    """Had ASHA stopped one in so many after its first epoch."""
    assert of.recipe.sweep
    recipe = replace(of.recipe, sweep=replace(of.recipe.sweep, scheduler="asha"))
    of = replace(of, recipe=recipe)
    return _changed(of, every, lambda trial: replace(trial, state="pruned", metrics={}, curve=trial.curve[:1]))


def tied(of: Synthetic, error: float = 10.0) -> Synthetic:
    """Had every finished trial come to the same."""
    model = trial_of(of.recipe, _a_setting_of(of), {}, 0, error)
    alike = [replace(t, metrics=model.metrics, curve=model.curve) if t.metrics else t for t in of.trials]
    return replace(of, trials=tuple(alike), scores=ImageScores())


def hostile(of: Synthetic, text: str = HOSTILE) -> Synthetic:
    """With markup wherever a record has words: names, machines, reasons, and of a sweep sentences, too."""
    recipe = replace(of.recipe, command=text, data=text, base=text, against=of.recipe.against and text)
    tricks = tuple(replace(trick, name=f"{trick.name} {text}") for trick in recipe.tricks)
    recipe = replace(recipe, settings=tuple(_named(setting, text) for setting in recipe.settings), tricks=tricks)
    wordy = [replace(t, setting=_name(t.value, text), host=text, versions={text: text}) for t in of.trials]
    wordy[-1:] = [failed(trial, text) for trial in wordy[-1:]]
    asked = [replace(p, setting=replace(p.setting, setting=_name(p.setting.value, text))) for p in of.proposals]
    asked[:1] = [replace(p, setting=replace(p.setting, sentence=text), parameters={text: text}) for p in asked[:1]]
    return Synthetic(recipe, tuple(wordy), tuple(asked), of.scores)


def _changed(of: Synthetic, every: int, change: Callable[[Trial], Trial]) -> Synthetic:
    """One trial in so many; what is no longer finished has no scores."""
    ended = tuple(change(t) if place % every == every - 1 else t for place, t in enumerate(of.trials))
    kept = {trial.key for trial in ended if trial.state == "finished" and "test_error" in trial.metrics}
    errors, losses = ({k: v for k, v in one.items() if k in kept} for one in (of.scores.errors, of.scores.losses))
    return replace(of, trials=ended, scores=ImageScores(errors, losses))


def _diverged(trial: Trial) -> Trial:
    readings = [*trial.curve[:-1], *({**one, "validation_loss": nan, "train_loss": nan} for one in trial.curve[-1:])]
    return replace(trial, metrics=dict.fromkeys(trial.metrics, nan), curve=tuple(readings))


def _a_setting_of(of: Synthetic) -> Setting:
    return (*of.recipe.settings, *(proposal.setting for proposal in of.proposals))[0]


def _named(setting: Setting, text: str) -> Setting:
    return replace(setting, setting=_name(setting.value, text))


def _name(value: object, text: str) -> str:
    return f"{value} {text}"


TRICKS = an_ablation("warm-up", "no-bias-decay", "cosine")

# one of everything ----------------------------------------------------------------------------------------------------

KINDS: Mapping[str, Callable[[], Synthetic]] = {
    "axis": axis,
    "axis with scores": lambda: axis(world=replace(ERRORS, step=-0.3), images=200),
    "one seed": lambda: axis(1),
    "one trial": lambda: replace(axis(1), trials=axis(1).trials[:1]),
    "two seeds": lambda: axis(2),
    "one setting": lambda: axis(recipe=a_recipe({1: "1x64d"})),
    "no settings": lambda: axis(recipe=a_recipe({})),
    "plane": lambda: axis(recipe=a_plane()),
    "many seeds": lambda: axis(1000),
    "half done": lambda: replace(axis(), trials=axis().trials[:7]),
    "none finished": lambda: unfinished(axis()),
    "all failed": lambda: all_failed(axis()),
    "some failed": lambda: some_failed(axis()),
    "diverged": lambda: diverged(axis()),
    "all diverged": lambda: diverged(axis(), every=1),
    "ties": lambda: tied(axis()),
    "hostile": lambda: hostile(axis()),
    "long names": lambda: hostile(axis(), LONG),
    "by name": lambda: axis(recipe=by_name()),
    "by name, equal, with scores": lambda: axis(
        recipe=by_name(equal=True), world=replace(ERRORS, step=-0.3), images=200
    ),
    "by name, one seed": lambda: axis(1, recipe=by_name()),
    "by name, none finished": lambda: unfinished(axis(recipe=by_name())),
    "by name, all diverged": lambda: diverged(axis(recipe=by_name()), every=1),
    "by name, hostile": lambda: hostile(axis(recipe=by_name())),
    "ablation": lambda: axis(5, recipe=TRICKS),
    "ablation with scores": lambda: axis(recipe=TRICKS, world=replace(ERRORS, step=-0.3), images=200),
    "ablation, one seed": lambda: axis(1, recipe=TRICKS),
    "ablation, none finished": lambda: unfinished(axis(recipe=TRICKS)),
    "ablation, all failed": lambda: all_failed(axis(recipe=TRICKS)),
    "ablation, all diverged": lambda: diverged(axis(recipe=TRICKS), every=1),
    "ablation, ties": lambda: tied(axis(recipe=TRICKS)),
    "ablation, hostile": lambda: hostile(axis(recipe=TRICKS)),
    "sweep": sweep,
    "sweep of one": lambda: sweep(1),
    "sweep of two": lambda: sweep(2),
    "sweep of many": lambda: sweep(5000),
    "sweep of seeds": lambda: sweep(20, seeds=3),
    "sweep, none finished": lambda: unfinished(sweep()),
    "sweep, nothing proposed": lambda: replace(unfinished(sweep()), proposals=()),
    "sweep, all failed": lambda: all_failed(sweep()),
    "sweep, stopped early": lambda: stopped_early(sweep()),
    "sweep, all stopped early": lambda: stopped_early(sweep(), every=1),
    "sweep, diverged": lambda: diverged(sweep()),
    "sweep, all diverged": lambda: diverged(sweep(), every=1),
    "sweep, ties": lambda: tied(sweep()),
    "sweep, two objectives": lambda: sweep(objectives=("error", "macs")),
    "sweep, three objectives": lambda: sweep(objectives=("loss", "params", "activations")),
    "sweep along an axis": axis_sweep,
    "sweep along an axis, seeds": lambda: axis_sweep(seeds=3),
    "sweep along an axis, none finished": lambda: unfinished(axis_sweep()),
    "sweep along an axis, half done": lambda: replace(axis_sweep(), trials=axis_sweep().trials[:6]),
    "sweep along an axis, diverged": lambda: diverged(axis_sweep()),
    "sweep along an axis, long names": lambda: hostile(axis_sweep(), LONG),
    "sweep along an axis, no settings": lambda: replace(
        unfinished(axis_sweep()), recipe=replace(axis_sweep().recipe, settings=()), proposals=()
    ),
    "sweep along an axis, hostile": lambda: hostile(axis_sweep()),
    "sweep, hostile": lambda: hostile(sweep()),
    "sweep, long names": lambda: hostile(sweep(), LONG),
}
