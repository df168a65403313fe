"""`explore ablate`: what each trick adds to the training of one network."""

from argparse import Namespace
from pathlib import Path

from analysis.ablation import change_words
from analysis.recipe import Fidelity, Recipe, Setting
from analysis.training import Training
from analysis.tricks import Trick, stages
from analysis.words import plural
from search.asked import data_and_training, refuse_unfit
from search.commands.explore import named_folder
from search.data import DataSet
from search.launch import conclude
from search.means import Means
from search.options import BAG
from search.presets import training_for
from search.reducing import trained_as
from search.seen import seen
from search.settings import setting, trained_on
from search.tricks import asked_tricks
from search.words import integer, of
from space.arch import Arch
from space.budget import shown
from space.cost import cost
from space.sentence import parse


def run(options: Namespace) -> int:
    """Train the network without any trick, then with one more each time; the same words again continue it."""
    seeds = integer("--seeds", options.seeds, high=10_000) or 1
    arch = of("NETWORK", lambda: parse(options.network))
    means = Means.of(options)
    data, fidelity, training = data_and_training(options)
    start, tricks = asked_tricks(options.tricks, training)
    recipe = _recipe(options, arch, data, fidelity, start, tricks, seeds)
    files: dict[tuple[str, ...], Training] = {}
    for one in stages(start, tricks):  # most differ in no file, and each is read but once
        files.setdefault((one.weights, one.teacher, one.teacher_weights), one)
    for one in files.values():
        refuse_unfit(one, data, {options.network: recipe.settings[0].proxy}, "--set" if one == start else "--tricks")
    if options.plan:
        print(text(recipe))
        return 0
    folder = Path(options.run) if options.run else _folder(options, training, recipe)
    return conclude(folder.absolute(), recipe, seen(data, recipe), means)


def _folder(options: Namespace, training: Training, recipe: Recipe) -> Path:
    """As the main job's, named by the network; `training` is what was asked for, of which the tricks take some away."""
    is_plain = options.tricks == BAG and training == training_for(recipe.data)
    return named_folder(["ablation", options.network], recipe, is_plain=is_plain)


def _recipe(
    options: Namespace, arch: Arch, data: DataSet, fidelity: Fidelity, training: Training, tricks: tuple[Trick, ...],
    seeds: int,
) -> Recipe:  # fmt: skip
    costs = cost(arch)
    return Recipe(
        **trained_on(options, data, fidelity, training, seeds),
        budget=shown(costs.macs),
        budget_macs=costs.macs,
        axis=("tricks",),
        against="",
        match="",
        base=options.network,
        base_macs=costs.macs,
        resolution=arch.input.resolution,
        settings=_settings(arch, of("--fidelity", lambda: trained_as(arch, fidelity, data)), tricks),
        tricks=tricks,
    )


def text(recipe: Recipe) -> str:
    """What is to be trained: how much of what, and a line for each setting."""
    fidelity, one = recipe.fidelity, recipe.settings[0]
    trials = f"{plural(len(recipe.settings), 'setting')}, {plural(recipe.seeds, 'seed')}: "
    trials += plural(recipe.seeds * len(recipe.settings), "trial")
    each = f"{plural(fidelity.epochs, 'epoch')} of {fidelity.train_images:,} images of {recipe.data}"
    rows = [(setting.setting, change_words(recipe, index)) for index, setting in enumerate(recipe.settings)]
    width = max(len(name) for name, _ in rows)
    head = f"{recipe.base} as a proxy of {shown(one.proxy_macs)}; {trials}, each {each}"
    return "\n".join([head, "", *(f"{name:{width}}  {changes}".rstrip() for name, changes in rows)])


def _settings(arch: Arch, proxy: Arch, tricks: tuple[Trick, ...]) -> tuple[Setting, ...]:
    macs = cost(arch).macs
    return tuple(
        setting(value, name, arch, proxy, budget_macs=macs, base_macs=macs)
        for value, name in enumerate(["none", *(f"+ {trick.name}" for trick in tricks)])
    )
