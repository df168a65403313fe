"""`explore train`: the networks that a user names, side by side."""

import re
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from analysis.recipe import EQUAL, NETWORKS, Fidelity, Recipe
from analysis.training import Training
from analysis.words import plural
from search.asked import data_and_training, refuse_unfit
from search.commands.explore import named_folder
from search.data import DataSet
from search.errors import UsageError
from search.launch import conclude
from search.means import Means
from search.presets import training_for
from search.proxies import proxies_text
from search.reducing import reduction, trained_as, whole_depth
from search.seen import seen
from search.settings import setting, trained_on
from search.words import integer, of
from space.arch import Arch
from space.budget import shown
from space.cost import cost
from space.proxy import equal_proxies
from space.sentence import parse

MOST = 100  # networks: every one is compared with the first
LONGEST = 40  # characters of a sentence that serves as its own name


def run(options: Namespace) -> int:
    """Train each of them from several seeds; the same words again continue it."""
    seeds = integer("--seeds", options.seeds, high=10_000) or 1
    named = _named(options.network)
    means = Means.of(options)
    data, fidelity, training = data_and_training(options)
    if options.whole_depth:
        fidelity = whole_depth(fidelity, data)
    recipe = _recipe(options, named, data, fidelity, training, seeds)
    refuse_unfit(training, data, {one.setting: one.proxy for one in recipe.settings})
    if options.plan:
        print(proxies_text(recipe))
        return 0
    folder = Path(options.run) if options.run else _folder(options, named, recipe)
    return conclude(folder.absolute(), recipe, seen(data, recipe), means)


def _folder(options: Namespace, named: Iterable[str], recipe: Recipe) -> Path:
    """As the main job's, named by the networks; plain if these are what they are called."""
    names = [*named]
    is_plain = names == options.network and not options.equal and recipe.training == training_for(recipe.data)
    words = names if len(names) < 5 else [plural(len(names), "network")]
    return named_folder(["train", *words], recipe, is_plain=is_plain)


def _named(words: list[str]) -> dict[str, Arch]:
    """By the name each is called by: what stands before a colon, or as it was given, or its sentence's beginning."""
    if not 2 <= len(words) <= MOST:
        raise UsageError(f"NETWORK: {plural(len(words), 'network')} cannot be compared; name 2 to {MOST}")
    found: dict[str, Arch] = {}
    for place, given in enumerate(words, 1):
        called, word = re.fullmatch(r"(?:([\w.+-]+):)?(.*)", given, re.DOTALL).groups()  # type: ignore[union-attr]
        arch = of("NETWORK", lambda word=word: parse(word))  # type: ignore[misc]
        if twin := next((name for name, known in found.items() if known == arch), None):
            raise UsageError(f"NETWORK: {word[:LONGEST]!r} is the same network as {twin!r}; name it once")
        name = called or (word if len(word) <= LONGEST else f"{word[:LONGEST]}… ({place})")
        if name in found:
            raise UsageError(f"NETWORK: {name[:LONGEST]!r} is the name of two networks; call one otherwise")
        found[name] = arch
    sides = {name: arch.input.resolution for name, arch in found.items()}
    if len({*sides.values()}) > 1:
        (first, its), (other, side) = (
            min(sides.items(), key=lambda one: one[1]),
            max(sides.items(), key=lambda o: o[1]),
        )
        raise UsageError(
            f"NETWORK: {first} is of {its} pixels and {other} of {side}; name networks of one resolution, or write "
            f"input(3, {side}) > in front of a sentence"
        )
    return found


def _recipe(
    options: Namespace,
    named: dict[str, Arch],
    data: DataSet,
    fidelity: Fidelity,
    training: Training,
    seeds: int,
) -> Recipe:
    first = next(iter(named.values()))
    macs = cost(first).macs
    return Recipe(
        **trained_on(options, data, fidelity, training, seeds),
        budget=shown(macs),
        budget_macs=macs,
        axis=(NETWORKS,),
        against="",
        match=EQUAL if options.equal else "",
        base=next(iter(named)),
        base_macs=macs,
        resolution=first.input.resolution,
        settings=tuple(
            setting(place, name, arch, proxy, budget_macs=macs, base_macs=macs)
            for place, ((name, arch), proxy) in enumerate(
                zip(named.items(), _proxies(named, fidelity, data, equal=options.equal), strict=True)
            )
        ),
    )


def _proxies(named: dict[str, Arch], fidelity: Fidelity, data: DataSet, *, equal: bool) -> list[Arch]:
    """Of each network what is trained: all reduced alike, or all brought to what the first one's comes to."""
    archs = list(named.values())
    if not equal:
        return [of("--fidelity", lambda arch=arch: trained_as(arch, fidelity, data)) for arch in archs]  # type: ignore[misc]
    return list(of("--equal", lambda: equal_proxies(archs, reduction(fidelity, data))))
