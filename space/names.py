"""Names of networks: rules from the papers' notation to a sentence."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from typing import TypeVar

from space.arch import MAX_DEPTH, Arch
from space.errors import SpaceError

Make = TypeVar("Make", bound=Callable[..., Arch])

MAX_DIGITS = 6
MOST = 5  # names that a refusal lists
SLIP = 1  # letters that may be missing at a name's end


@dataclass(frozen=True)
class Rule:
    """A template such as `resnext{depth:50|101}_{cardinality}x{base_width}d` and what it means."""

    template: str
    make: Callable[..., Arch]
    listed: tuple[str, ...]

    def match(self, name: str) -> Arch | None:
        found = _pattern(self.template).fullmatch(name)
        if found is None:
            return None
        return self.make(**{k: int(v) if v.isdigit() else v for k, v in found.groupdict().items()})

    def spelt(self, numbers: Sequence[str]) -> str | None:
        """The rule's name with these numbers, if they are as many as it needs: what a misspelt one may have meant."""
        if len(_NUMBER.findall(self.template)) != len(numbers):
            return None
        left = iter(numbers)
        name = _NUMBER.sub(lambda _: next(left), self.template)
        return name if _pattern(self.template).fullmatch(name) else None

    def allows(self, name: str) -> bool:
        """Whether the name is the rule's, and of a network that can be."""
        try:
            return self.match(name) is not None
        except SpaceError:
            return False


RULES: list[Rule] = []
_HOLE = re.compile(r"\{(\w+)(?::([^}]*))?\}")
_NUMBER = re.compile(rf"{_HOLE.pattern}|[0-9]+")


def rule(
    template: str, *, listed: tuple[str, ...] | None = None, **examples: tuple[int, ...]
) -> Callable[[Make], Make]:
    """Make a function the meaning of every name that fits `template`.

    `listed` are the names shown to users; without it, all that the template's choices and `examples` give.
    """

    def register(make: Make) -> Make:
        RULES.append(Rule(template, make, _expand(template, examples) if listed is None else listed))
        return make

    return register


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(lambda hole: f"(?P<{hole[1]}>{hole[2] or rf'[0-9]{{1,{MAX_DIGITS}}}'})", template))


def _expand(template: str, examples: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    holes = _HOLE.findall(template)
    values = [choices.split("|") if choices else [str(n) for n in examples[name]] for name, choices in holes]
    skeleton = _HOLE.sub("{}", template)
    return tuple(skeleton.format(*row) for row in product(*values))


def repeats(name: str, depth: int, layers: int, others: int) -> int:
    """The n of a network of `layers` · n + `others` layers, whose name is `name` with its depth in place of {}."""
    n, odd = divmod(depth - others, layers)
    if odd or n < 1:
        near = layers * min(max(1, round((depth - others) / layers)), MAX_DEPTH) + others
        raise SpaceError(f"{name.format(depth)}: the depth is {layers}n + {others}; the nearest is {name.format(near)}")
    return n


def listed() -> tuple[str, ...]:
    """Every name worth listing, in the order of the rules."""
    return tuple(name for rule in RULES for name in rule.listed)


def named(name: str) -> Arch:
    """The network of that name; `SpaceError` with the nearest one where there is none."""
    for entry in RULES:
        if arch := entry.match(name):
            return arch
    shown = name if len(name) <= 60 else name[:57] + "..."
    raise SpaceError(f"no network is called {shown!r}; {_hint(name)}")


def is_name(text: str) -> bool:
    """Whether some rule reads it, be there such a network or not."""
    return any(_pattern(entry.template).fullmatch(text) for entry in RULES)


def _hint(name: str) -> str:
    """What might have been meant: a word that several names begin with, or one with a slip."""
    begun = [one for one in listed() if one.startswith(name)]
    if len(begun) > 1 and min(map(len, begun)) > len(name) + SLIP:
        more = f" and {len(begun) - MOST} more" if len(begun) > MOST else ""
        return f"names that begin with it are {', '.join(begun[:MOST])}{more}"
    near = _nearest(name)
    return f"the nearest is {near}" if near else "write a name such as resnext50_32x4d, or a sentence"


def _nearest(name: str) -> str | None:
    """The name most like it, of those listed and of those that a rule makes of its numbers.

    Of its family, and of a network with its numbers, come before letters: `resnext51` is nearer to a ResNeXt than to
    `resnet50`, `resnet110` nearer to the CIFAR network than to `resnet101`.
    """
    numbers = _numbers(name)
    spelt = {guess: entry for entry in RULES if (guess := entry.spelt(numbers))}
    names = dict.fromkeys((*listed(), *spelt))
    near = get_close_matches(name, names, n=len(names), cutoff=0.5)
    near.sort(key=lambda guess: (_family(guess) != _family(name)) + (_numbers(guess)[: len(numbers)] != numbers))
    return next((guess for guess in near if guess not in spelt or spelt[guess].allows(guess)), None)


def _numbers(name: str) -> list[str]:
    return re.findall(r"[0-9]+", name)


def _family(name: str) -> str:
    """The letters in front, among them the digit of Res2Net."""
    letters = re.match(r"[a-z]*(?:2[a-z]+)?", name)
    assert letters, "nothing is matched by it, too"
    return letters[0]
