"""What a comparison of runs says, in sentences: the same on its page and on a terminal."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from analysis.cells import by_how_much, low_to_high
from analysis.comparison.pairs import Comparison, Pair, Study, have_same_data
from analysis.comparison.sides import Side
from analysis.comparison.spaces import Fronts, Spaces
from analysis.orders import MANY, order_words, over_settings_words
from analysis.questions import answer, progress, question
from analysis.recipe import Fidelity
from analysis.statistics.intervals import Interval
from analysis.training import Training
from analysis.words import brief, decimals, number, plural, signed

FEW = 3  # runs of which every pair is spoken of; of more, the tables have them
ALARMS = 0.05  # of all Kolmogorov-Smirnov tests of a comparison together
_NAME = 60  # characters of a data set's name


def title(compared: Comparison) -> str:
    """The question, if all runs ask one."""
    questions = {question(side.recipe) for side in compared.sides}
    asked = f": {brief(questions.pop(), 300)}" if len(questions) == 1 else ""
    return f"{len(compared.sides)} runs compared{asked}"


def findings(compared: Comparison, spaces: Sequence[Spaces], fronts: Sequence[Fronts]) -> list[tuple[str, bool]]:
    """What is found, each with whether its interval or test decides it; one sentence at least."""
    pairs = [pair for pair in compared.pairs if pair.shared and not _same_folder(pair.a, pair.b)]
    apart = [pair for pair in pairs if not any({pair.a, pair.b} <= _members(study) for study in compared.studies)]
    found = [one for pair in apart for one in _of_pair(pair)] if len(compared.sides) <= FEW else []
    if len(compared.sides) <= FEW:
        found += [_of_axes(pair) for pair in _across(compared)]
    found += [one for study in compared.studies for one in _of_study(study)]
    found += [one for group in spaces for one in _of_spaces(group)]
    found += [(_of_fronts(group), False) for group in fronts]
    if any(pair.shared and _same_folder(pair.a, pair.b) for pair in compared.pairs) and not found:
        return [("a run is compared with itself, which is the same in all", False)]
    if found:
        return found
    if pairs:
        return [(f"{plural(len(pairs), 'pair')} of runs share settings: their orders and differences are below", False)]
    return [(f"these runs have nothing in common that could be compared: {'; '.join(_apart(compared))}", False)]


def caveats(compared: Comparison, spaces: Sequence[Spaces]) -> list[str]:
    """What a reader must know who sets these runs side by side."""
    same = [f"{a.letter} and {b.letter}" for a, b in combinations(compared.sides, 2) if _same_folder(a, b)]
    said = [f"{', '.join(same)} are the same folder: a run compared with itself"] if same else []
    if others := _other_data(compared.sides):
        said.append(
            f"the runs were tested on other images ({others}): their errors cannot be compared, only the orders that "
            "they put settings in"
        )
    if any(len(pair.shared) > MANY for pair in compared.pairs):
        said.append(f"orders are those of {MANY} of the shared settings, evenly taken")
    across = [(one.a, one.b) for one in _across(compared)]
    across += [(one.a, one.b) for group in spaces for one in group.tested]
    if any(_trained(a) != _trained(b) for a, b in across):
        said.append("where test errors of other axes or spaces differ, it may be the fidelity or the recipe, not these")
    if len({side.recipe.seed for side in compared.sides}) > 1:
        said.append("not all runs are drawn from the same seed: what is paired by seed has no less noise for it")
    if any(a.recipe.seed != b.recipe.seed for a, b in across):
        said.append("what a seed shifts in all networks of a run alike may be taken for a difference of axes or spaces")
    networks = [pair for pair in compared.pairs if any(_differ(one, other) for one, other in _sentences(pair))]
    if networks:
        which = ", ".join(f"{pair.a.letter} and {pair.b.letter}" for pair in networks[:5])
        said.append(f"{which} share levels of the axis, but their candidates there are other networks")
    return said


def _across(compared: Comparison) -> list[Pair]:
    """Runs along axes that share no setting, but images and seeds."""
    return [pair for pair in compared.pairs if not pair.shared and math.isfinite(pair.difference.mean)]


def _trained(side: Side) -> tuple[Fidelity, Training]:
    return side.recipe.fidelity, side.recipe.training


def study_scope(study: Study) -> str:
    """Whose order a study's τ is about: that of others of which these settings are a sample, where they are enough."""
    found = [step.to_reference.by_error for step in study.steps if step.to_reference]
    return "of others like these" if any(math.isfinite(one.over_settings.low) for one in found) else "of these"


def _members(study: Study) -> set[Side]:
    return {step.side for step in study.steps}


def run_words(compared: Comparison) -> list[tuple[Side, str, str]]:
    """Of every run how far it is, and what it says by itself; its question, too, where not all ask one."""
    questions = [question(side.recipe) for side in compared.sides]
    asked = questions if len(set(questions)) > 1 else [""] * len(questions)
    return [
        (side, f"{progress(side.recipe, side.trials)}.", f"{ask} {_capital(answer(side.run).words)}.".strip())
        for side, ask in zip(compared.sides, asked, strict=True)
    ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sentences(pair: Pair) -> Iterator[tuple[str, str]]:
    return ((one.setting.sentence, other.setting.sentence) for one, other in pair.shared)


def _differ(one: str, other: str) -> bool:
    return one != other


def _same_folder(a: Side, b: Side) -> bool:
    return a.run.folder.resolve() == b.run.folder.resolve()


def _other_data(sides: Sequence[Side]) -> str:
    """By data set, whose it is; empty where all have the same."""
    if all(have_same_data(a, b) for a, b in combinations(sides, 2)):
        return ""
    names: dict[tuple[str, str], list[str]] = {}
    for side in sides:
        names.setdefault((side.recipe.data, side.recipe.data_digest), []).append(side.letter)
    twice = len({name for name, _ in names}) < len(names)
    return "; ".join(
        f"{' and '.join(letters)}: {brief(name, _NAME)}{f' of digest {digest[:8]}' if twice and digest else ''}"
        for (name, digest), letters in names.items()
    )


def _of_pair(pair: Pair) -> Iterable[tuple[str, bool]]:
    """On the order of settings, and on their errors."""
    a, b, count = pair.a.letter, pair.b.letter, plural(len(pair.shared), "shared setting")
    if pair.by_error.pairs:
        yield _order(pair, f"{a} and {b} order their {count} alike")
    if pair.differences and math.isfinite(pair.difference.mean):
        lower = sum(one.excludes_zero and one.mean < 0 for one in pair.differences)
        higher = sum(one.excludes_zero and one.mean > 0 for one in pair.differences)
        each = f"of {count} it is lower at {lower} and higher at {higher}, all at once with 95 %"
        yield f"{_error(pair)}; {each}", pair.difference.excludes_zero


def _of_axes(pair: Pair) -> tuple[str, bool]:
    """On settings that were chosen on both sides, and none of them on both."""
    counts = " and ".join(f"the {plural(len(one.points), 'setting')} of {one.letter}" for one in (pair.a, pair.b))
    chosen = "no setting is of both, and of settings that were not chosen this says nothing"
    return f"{_error(pair)}, over {counts}; {chosen}", pair.difference.excludes_zero


def _order(pair: Pair, alike: str) -> tuple[str, bool]:
    tau = pair.by_error.tau
    if tau.low > 0:
        return f"{alike}: {order_words(pair.by_error)}", True
    if tau.high < 0:
        return f"{alike.removesuffix('alike')}in opposite ways: {order_words(pair.by_error)}", True
    return f"whether {alike} is undecided: {order_words(pair.by_error)}", False


def _error(pair: Pair) -> str:
    a, b, mean = pair.a.letter, pair.b.letter, pair.difference
    if mean.excludes_zero:
        amount, way = by_how_much(mean), "lower" if mean.mean < 0 else "higher"
        return f"test error of {b} is {way} than that of {a} by {amount} points on average"
    if mean.n == 1:
        return f"test error of {b} is that of {a} {signed(mean.mean, 2)} points on average, on one seed"
    return f"test errors of {a} and {b} are not told apart: {b} is {_between(mean)} points on average"


def _between(mean: Interval) -> str:
    if not mean.has_spread:
        return f"{signed(mean.mean, 2)} (all seeds alike)"
    return f"{signed(mean.mean, decimals(mean.half_width))} (95 % interval {low_to_high(mean)})"


def _of_study(study: Study) -> Iterator[tuple[str, bool]]:
    """The cheapest run that is known to order settings like these as the costliest does, if any is."""
    against, others = study.reference.label, [step for step in study.steps if step.to_reference]
    taus = [(step, step.to_reference.by_error) for step in others if step.to_reference]
    sure, many = [one for one in taus if one[1].in_a_study.low > 0], plural(len(others), "cheaper run")
    if not sure:
        which = f"any of {many}" if len(others) > 1 else f"the cheaper run, {others[0].side.label},"
        yield f"whether {which} orders settings like these as {against} does, the costliest, is undecided", False
        return
    (first, found), whole = min(sure, key=lambda one: one[0].seconds), study.steps[-1].seconds
    share = f"{number(100 * first.seconds / whole, 1)} % of its core-seconds" if whole else "no time at all"
    agree = f"{len(sure)} {'agrees' if len(sure) == 1 else 'agree'} with {against}, the costliest, on the order"
    cheapest = f"the cheapest of these is {first.side.label}, for {share}: {over_settings_words(found)}"
    each = "its" if len(sure) == 1 else "each by its"
    yield f"of {many}, {agree} of the settings: τ is above 0, {each} own 95 % interval; {cheapest}", True


def _of_spaces(group: Spaces) -> Iterator[tuple[str, bool]]:
    """Of few samples every test; of more, how many differ; nothing of what was chosen."""
    if not group.tested:
        return
    level = ALARMS / len(group.tested)
    differ = [one for one in group.tested if one.found.p_value < level]
    if len(group.samples) > FEW:
        share = f"Kolmogorov-Smirnov, {100 * ALARMS:g} % of false alarms for all together"
        many = plural(len(group.tested), "pair")
        yield f"{len(differ)} of {many} of runs differ in their distribution of test errors ({share})", bool(differ)
        return
    for one in group.tested:
        test = f"Kolmogorov-Smirnov distance {number(one.found.distance, 2)}, p {p_words(one.found.p_value)}"
        who, sure = f"the networks of {one.a.letter} and {one.b.letter}", one.found.p_value < level
        says = "differ in their test errors" if sure else "may be of one distribution of test errors"
        yield f"{who} {says}: {test}", sure


def p_words(value: float) -> str:
    """= 0.23, or < 0.001."""
    return "< 0.001" if value < 0.001 else f"= {value:.2g}"


def _of_fronts(group: Fronts) -> str:
    shares = [f"that of {one.side.letter} {share_words(one.share)}" for one in group.found]
    box = f"of the box between the best and the worst {' and '.join(group.objectives)} of these searches"
    return f"{box} each front dominates a share: {', '.join(shares)}"


def share_words(share: float) -> str:
    """A fraction as a percentage."""
    return f"{number(100 * share, 1)} %" if math.isfinite(share) else "nothing, as it has no extent"


def _apart(compared: Comparison) -> list[str]:
    """Why nothing can be compared."""
    empty = [side.letter for side in compared.sides if not side.points]
    said = [f"{' and '.join(empty)} {'has' if len(empty) == 1 else 'have'} no finished trial"] if empty else []
    if others := _other_data(compared.sides):
        said.append(f"they were tested on other images ({others})")
    if len(compared.sides) - len(empty) > 1:
        said.append("they share no setting")
    return said
