"""What a space means, found the long way: every sentence it may write, put down as text and parsed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from space import Arch, SpaceError, cost, parse
from space.budget import Limit
from space.spaces.tables import MEASURES

_RANGE = re.compile(r"(\d+)\.\.(\d+)(?:/(\d+))?")
Costs = tuple[int, ...]  # by measure


def written_out(text: str) -> Iterator[str]:
    """Every text that a space's choices leave, variables put in first; some may be no sentences, some the same."""
    *definitions, sentence = text.split(";")
    names = [one.partition("=")[0].strip() for one in definitions]
    values = [list(_chosen(one.partition("=")[2].strip())) for one in definitions]
    for chosen in product(*values):
        bound = dict(zip(names, chosen, strict=True))
        yield from _chosen(re.sub(r"[A-Za-z_]\w*", lambda word: bound.get(word[0], word[0]), sentence))  # noqa: B023


def _chosen(text: str) -> Iterator[str]:
    """The texts that the first choice leaves, and so on."""
    if "{" in text:
        start = text.index("{")
        end, alternatives = _alternatives(text, start)
        for one in alternatives:
            yield from _chosen(text[:start] + one + text[end:])
    elif found := _RANGE.search(text):
        for number in range(int(found[1]), int(found[2]) + 1, int(found[3] or 1)):
            yield from _chosen(text[: found.start()] + str(number) + text[found.end() :])
    else:
        yield text


def _alternatives(text: str, start: int) -> tuple[int, list[str]]:
    """Where the choice that begins at `start` ends, and what it is between."""
    nesting, pieces = 0, [""]
    for i in range(start, len(text)):
        nesting += {"{": 1, "}": -1}.get(text[i], 0)
        if nesting == 0:
            return i + 1, pieces
        if text[i] == "|" and nesting == 1:
            pieces.append("")
        elif i > start:
            pieces[-1] += text[i]
    raise AssertionError(text)


@dataclass(frozen=True)
class Listed:
    """The networks of a space with their costs, and whether some sentence says one stage as two."""

    costs: dict[Arch, Costs]
    merges: bool

    def written(self, limits: Sequence[Limit]) -> dict[str, Costs]:
        """The sentences of those within all limits."""
        return {str(arch): costs for arch, costs in self.within(limits).items()}

    def within(self, limits: Sequence[Limit]) -> dict[Arch, Costs]:
        """Those that are within all limits."""
        return {
            arch: costs
            for arch, costs in self.costs.items()
            if all(x.low <= costs[MEASURES.index(x.measure)] <= x.high for x in limits)
        }


@lru_cache(maxsize=64)
def listed(text: str, resolution: int | None = None) -> Listed:
    """All networks that a space writes, and can be costed at `resolution`."""
    found: dict[Arch, Costs] = {}
    merges = False
    for sentence in written_out(text):
        try:
            arch = parse(sentence)
            found[arch] = costs_of(arch, resolution)
        except SpaceError:
            continue
        stages = sum(1 for one in sentence.split(">") if not re.search("input|stem|head", one))
        merges |= len(arch.stages) < stages
    return Listed(found, merges)


def costs_of(arch: Arch, resolution: int | None = None) -> Costs:
    """By measure, traced."""
    one = cost(arch, resolution)
    return tuple(getattr(one, measure) for measure in MEASURES)
