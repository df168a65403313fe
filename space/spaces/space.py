"""A design space: a sentence with choices left in it.

    C = {1|2|4}; d = 8..64/8;
    conv_stem(64) > 1..6*bottleneck(C*d, 256, grouped(C)) > {2|4}*bottleneck(2*C*d, 512, grouped(C))/2

A variable has one value throughout a network; every other choice is free. What is chosen within an alternative is
chosen only where the alternative is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import product
from typing import NamedTuple

from space import notation, written
from space.arch import Head, Input, Stage
from space.errors import SpaceError
from space.parts import Block, Output, Part, Stem
from space.sentence import placed, words
from space.spaces.starters import starters
from space.written import Element, Word, Written, parts, ways

MAX_CHOICES = 1_000_000  # ways to choose at one place of a sentence

Value = object  # of a variable: a number, a part or a choice of the grammar
Binding = tuple[Value, ...]  # of the variables that live between two places
Bindings = tuple[Binding, ...]  # those that may still be meant


class Way(NamedTuple):
    """One way to choose at a place."""

    part: Part | Stage
    binding: Binding  # of the variables that live on


@dataclass(frozen=True)
class Space:
    """Variables and what they choose from; then input, stem, stages and head, with choices in them."""

    variables: tuple[tuple[str, Written], ...]
    elements: tuple[Element, ...]

    def __str__(self) -> str:
        definitions = (f"{name} = {chosen}; " for name, chosen in self.variables)
        return "".join(definitions) + " > ".join(map(str, self.elements))

    @cached_property
    def _values(self) -> dict[str, tuple[Value, ...]]:
        return {name: tuple(dict.fromkeys(notation.meanings(w, words(), {}))) for name, w in self.variables}

    @cached_property
    def _used(self) -> tuple[frozenset[str], ...]:
        """The variables that each place reads."""
        return tuple(frozenset(_names(element)) & self._values.keys() for element in self.elements)

    def fresh(self, place: int) -> tuple[str, ...]:
        """The variables read at `place` and not before, in the order of their definitions."""
        new = self._used[place].difference(*self._used[:place])
        return tuple(name for name, _ in self.variables if name in new)

    def living(self, place: int) -> tuple[str, ...]:
        """The variables chosen before `place` that are read there or later."""
        before = frozenset[str]().union(*self._used[:place])
        return tuple(sorted(before & frozenset[str]().union(*self._used[place:])))

    def ways(self, place: int, binding: Binding) -> Iterator[Way]:
        """Every way to choose at a place, where the living variables have the values of `binding`."""
        known = dict(zip(self.living(place), binding, strict=True))
        fresh = sorted(self.fresh(place))
        for values in product(*(self._values[name] for name in fresh)):
            yield from self.meant(self.elements[place], place, {**known, **dict(zip(fresh, values, strict=True))})

    def meant(self, element: Element, place: int, values: Mapping[str, Value]) -> Iterator[Way]:
        """Every way to choose in an element at a place, where the variables have these values."""
        grammar = words()
        after = tuple(values[name] for name in self.living(place + 1) if name in values)
        assert len(after) == len(self.living(place + 1))
        depths, strides = (
            tuple(notation.meanings(w, grammar, values)) if w else (None,) for w in (element.depth, element.stride)
        )
        for part, depth, stride in product(notation.meanings(element.part, grammar, values), depths, strides):
            yield Way(placed(part, depth, stride), after)


def _names(element: Element) -> Iterator[str]:
    roots = [one for one in (element.depth, element.part, element.stride) if one]
    return (part.name for root in roots for part in parts(root) if isinstance(part, Word))


def space(text: str) -> Space:
    """The design space that a text writes, or one that ships by its name; `SpaceError` says what is not understood."""
    text = starters()[text.strip()].text if text.strip() in starters() else text
    if len(text) > written.MAX_LENGTH:
        raise SpaceError(f"a space has at most {written.MAX_LENGTH} characters, not {len(text)}")
    if text.strip().isidentifier():
        (near,) = get_close_matches(text.strip(), starters(), n=1, cutoff=0)
        raise SpaceError(f"no space is called {written.excerpt(text)}; the nearest is {near}")
    *definitions, sentence = text.split(";")
    variables = tuple(map(_variable, definitions))
    elements = [written.element(one) for one in sentence.split(">")]
    _check_names(variables, {name for element in elements for name in _names(element)})
    for element in elements:
        _check_ways(element, dict(variables))
    return Space(variables, _completed(elements, dict(variables)))


def _variable(text: str) -> tuple[str, Written]:
    name, equals, values = (one.strip() for one in text.partition("="))
    if not equals or not name.isidentifier() or not name.isascii():
        raise SpaceError(f"{written.excerpt(text)} defines no variable; write one such as C = {{1|2|4}}")
    if name in words() or name in notation.choices(words()) or name in ("true", "false"):
        raise SpaceError(f"{name!r} is a word of the grammar and cannot be a variable; write another name")
    return name, written.value(values)


def _check_names(variables: tuple[tuple[str, Written], ...], read: set[str]) -> None:
    """Every variable is defined once, by itself, and used; what else is read is a word of the grammar."""
    for i, (name, chosen) in enumerate(variables):
        if name in dict(variables[:i]):
            raise SpaceError(f"variable {name!r} is defined twice; define it once")
        for other in parts(chosen):
            if isinstance(other, Word) and other.name in dict(variables):
                raise SpaceError(f"variable {name!r} is defined by {other.name!r}; a variable stands for no other one")
    known = {*words(), *notation.choices(words()), "true", "false", *dict(variables)}
    for name in sorted(read - known):
        if not get_close_matches(name, known):
            what = f"{written.excerpt(name)} is no part and no variable"
            raise SpaceError(f"{what}; write a part such as bottleneck(64, 256), or define it first: C = {{1|2|4}};")
    for name, _ in variables:
        if name not in read:
            raise SpaceError(f"variable {name!r} is defined and not used; leave it out")


def _check_ways(element: Element, variables: Mapping[str, Written]) -> None:
    names = set(_names(element)) & variables.keys()
    roots = (*(variables[name] for name in names), *(w for w in (element.depth, element.part, element.stride) if w))
    count = 1
    for root in roots:
        count *= ways(root)
    if count > MAX_CHOICES:
        many = str(count) if count < written.MAX_NUMBER else f"more than {written.MAX_NUMBER}"
        what = f"{written.excerpt(str(element))} can be chosen in {many} ways"
        raise SpaceError(f"{what}; {MAX_CHOICES} is the most at one place of a sentence")


def _completed(elements: list[Element], variables: Mapping[str, Written]) -> tuple[Element, ...]:
    """With the usual input and head where none is written, in the order of a sentence."""
    kinds = [_kind(element, variables) for element in elements]
    order = [rank for rank in (Input, Stem, Block, Output) for kind in kinds if kind is rank]
    if kinds != order or kinds.count(Input) > 1 or kinds.count(Output) > 1 or kinds.count(Stem) != 1:
        raise SpaceError("the order of a sentence is [input >] stem > stage > ... > stage [> head], with one stem")
    if Block not in kinds:
        raise SpaceError("a network needs at least one stage, such as 3*bottleneck(64, 256)")
    first = [] if Input in kinds else [written.element(str(Input(3, 224)))]
    last = [] if Output in kinds else [written.element(str(Head(1000)))]
    return (*first, *elements, *last)


def _kind(element: Element, variables: Mapping[str, Written]) -> type[Part]:
    """Which of the four a place is for: all its alternatives are of one kind."""
    grammar = words()
    named = (grammar.get(name) for name in _outermost(element.part, variables))
    kinds = {kind for cls in named if cls for kind in (Input, Stem, Block, Output) if issubclass(cls, kind)}
    if len(kinds) != 1:
        next(notation.meanings(element.part, grammar, dict.fromkeys(variables, 1)))  # says which word is none
        text = written.excerpt(str(element))
        raise SpaceError(f"{text} is not one of a stem, a stage and a head; write a part such as bottleneck(64, 256)")
    return kinds.pop()


def _outermost(part: Written, variables: Mapping[str, Written]) -> Iterator[str]:
    match part:
        case Word(name) if name in variables:
            yield from _outermost(variables[name], {})
        case Word(name):
            yield name
        case written.Product((*_, last)):
            yield from _outermost(last, variables)
        case written.Choice(alternatives):
            for one in alternatives:
                yield from _outermost(one, variables)
        case _:
            return
