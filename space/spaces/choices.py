"""What a space leaves open, as parameters with names, and every way to answer them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count, product
from typing import NamedTuple

from space import notation
from space.sentence import words
from space.spaces.space import Binding, Space, Value as Meaning, Way
from space.written import Choice, Element, Listed, Number, Product, Range, Word, Written, parts, ways

Value = int | float | str
Answers = tuple[tuple[str, Value], ...]  # pairs of (parameter, value), in the order asked


@dataclass(frozen=True)
class Parameter:
    """Something to choose, called by the variable that it is, or by its place in the sentence.

    `stage2` is the family of a stage, `stage2.depth` the number of its blocks, `stage2.bottleneck.spatial` what stands
    in the middle of them if it is of bottlenecks. Numbers are numbers; of alternatives each is its word, or all that is
    written where the word does not tell it from another.
    """

    name: str
    values: tuple[Value, ...]  # all that it can ever be, in the order written

    @property
    def ordered(self) -> bool:
        """Whether its values are numbers."""
        return not any(isinstance(value, str) for value in self.values)


class Row(NamedTuple):
    """Answers at one place, and what they choose."""

    answers: Answers
    way: Way


@dataclass(frozen=True, eq=False)
class Choices:
    """The parameters of a space, and place by place the ways to answer them.

    A variable is chosen where it is first read, before anything else there; then the part, what is chosen within it,
    its depth and its stride.
    """

    space: Space

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """All that may be asked, by name: those with more than one value, in the order asked."""
        values: dict[str, dict[Value, None]] = {}
        for place, decisions in enumerate(self._elements):
            fresh = (one.answers for name in self.space.fresh(place) for one in self._variables[name])
            for answers in (*fresh, *(answers for answers, _ in decisions)):
                for name, value in answers:
                    values.setdefault(name, {})[value] = None
        return {name: Parameter(name, tuple(known)) for name, known in values.items() if len(known) > 1}

    @cache  # noqa: B019 -- as long as its space is chosen from
    def rows(self, place: int, binding: Binding) -> tuple[Row, ...]:
        """Every way to answer at a place, where the living variables have the values of `binding`."""
        return tuple(self._rows(place, dict(zip(self.space.living(place), binding, strict=True))))

    def _rows(self, place: int, living: Mapping[str, Meaning]) -> Iterator[Row]:
        fresh = self.space.fresh(place)
        for chosen in product(*(self._variables[name] for name in fresh)):
            means = (next(notation.meanings(one.written, words(), {})) for one in chosen)
            values = {**living, **dict(zip(fresh, means, strict=True))}
            before = [answer for one in chosen for answer in one.answers]
            for answers, element in self._elements[place]:
                (way,) = self.space.meant(element, place, values)
                yield Row(tuple(pair for pair in (*before, *answers) if pair[0] in self.parameters), way)

    @cached_property
    def _variables(self) -> dict[str, tuple["_Decision", ...]]:
        return {name: tuple(self._reader.value(written, name)) for name, written in self.space.variables}

    @cached_property
    def _elements(self) -> tuple[tuple[tuple[Answers, Element], ...], ...]:
        """By place."""
        stages = len(self.space.elements) - 3
        names = ("input", "stem", *(f"stage{i + 1}" for i in range(stages)), "head")
        return tuple(tuple(self._reader.element(*one)) for one in zip(self.space.elements, names, strict=True))

    @cached_property
    def _reader(self) -> "_Reader":
        return _Reader({name: next(notation.meanings(w, words(), {})) for name, w in self.space.variables})


class _Decision(NamedTuple):
    """Answers, and what is written once they are given: something that leaves no choice."""

    answers: Answers
    written: Written


@dataclass(frozen=True)
class _Reader:
    """Decides what is written, in every way there is."""

    variables: Mapping[str, Meaning]  # each with one of its values, which tells numbers from parts

    def element(self, element: Element, name: str) -> Iterator[tuple[Answers, Element]]:
        """A place of the sentence."""
        for answers, part in self._one_of(_times(element.depth or Number(1), element.part), name):
            if element.stride is None:
                yield answers, Element(None, part, None)
                continue
            for more, stride in self.value(element.stride, f"{name}.stride"):
                yield (*answers, *more), Element(None, part, stride)

    def value(self, written: Written, name: str) -> Iterator[_Decision]:
        """Anything else."""
        if all(isinstance(one, Number | Range | Choice | Product) for one in parts(written)):
            numbers = dict.fromkeys(notation.meanings(written, {}, {}))
            yield from (_Decision(((name, n),), Number(n)) for n in numbers if isinstance(n, int | float))
            return
        match written:
            case Choice():
                yield from self._one_of(written, name)
            case Product((*_, last)) if self._is_part(last):
                yield from self._one_of(written, name)
            case Product(factors):
                for answers, decided in self._each(factors, _numbered(factors, name)):
                    yield _Decision(answers, Product(decided))
            case Listed(items):
                for answers, decided in self._each(items, [f"{name}.{i + 1}" for i in range(len(items))]):
                    yield _Decision(answers, Listed(decided))
            case Word(word, arguments):
                for answers, decided in self._each([w for _, w in arguments], self._names(written, name)):
                    named = zip((n for n, _ in arguments), decided, strict=True)
                    yield _Decision(answers, Word(word, tuple(named)))

    def _each(self, several: Sequence[Written], names: Sequence[str]) -> Iterator[tuple[Answers, tuple[Written, ...]]]:
        """All of several, each by itself; those without a name leave no choice."""
        ways = (
            [*self.value(one, name)] if name else [_Decision((), one)] for one, name in zip(several, names, strict=True)
        )
        for chosen in product(*ways):
            yield tuple(pair for one in chosen for pair in one.answers), tuple(one.written for one in chosen)

    def _one_of(self, written: Written, name: str) -> Iterator[_Decision]:
        """One of the alternatives, then what is left to choose in it, then how often it is repeated."""
        known: dict[str, tuple[Written, list[Written]]] = {}
        for times, one in self._alternatives(written):
            known.setdefault(str(one), (one, []))[1].append(times)
        repeated = any(times != Number(1) for _, depths in known.values() for times in depths)
        for label, (one, depths) in zip(_labels([one for one, _ in known.values()]), known.values(), strict=True):
            own, inner = (((name, label),), f"{name}.{label}") if len(known) > 1 else ((), name)
            for answers, part in self.value(one, inner):
                if not repeated:
                    yield _Decision((*own, *answers), part)
                    continue
                for more, number in self.value(Choice(tuple(depths)), f"{name}.depth"):
                    yield _Decision((*own, *answers, *more), Product((number, part)))

    def _alternatives(self, written: Written) -> Iterator[tuple[Written, Written]]:
        """Pairs of how often and what: `2*{basic(8)|3*vgg(8)}` is twice the one, or six times the other."""
        match written:
            case Choice(alternatives):
                for one in alternatives:
                    yield from self._alternatives(one)
            case Product((*front, last)) if self._is_part(last):
                yield from ((_times(*front, more), one) for more, one in self._alternatives(last))
            case _:
                yield Number(1), written

    def _is_part(self, written: Written) -> bool:
        match written:
            case Choice((one, *_)) | Product((*_, one)):
                return self._is_part(one)
            case Word(name):
                return not isinstance(self.variables.get(name), int | float)
        return False

    def _names(self, written: Word, name: str) -> list[str]:
        """Of a part's arguments: the fields that they mean, whichever way is chosen."""
        values = [(own, next(notation.meanings(one, words(), self.variables))) for own, one in written.arguments]
        return [f"{name}.{field}" for field in notation.assigned(words()[written.name], values)] if values else []


def _times(*factors: Written) -> Written:
    """Their product."""
    others = tuple(factor for factor in factors if factor != Number(1))
    return Number(1) if not others else others[0] if len(others) == 1 else Product(others)


def _numbered(factors: Sequence[Written], name: str) -> list[str]:
    """The name for the first factor that leaves a choice, and with a number for the next ones."""
    numbers = count(1)
    found = [next(numbers) if ways(factor) > 1 else 0 for factor in factors]
    return ["" if not n else name if n == 1 else f"{name}.{n}" for n in found]


def _labels(alternatives: Sequence[Written]) -> list[str]:
    """The word of each, or all that is written where another has the same."""
    names = [one.name if isinstance(one, Word) else str(one) for one in alternatives]
    return [n if names.count(n) == 1 else str(one) for n, one in zip(names, alternatives, strict=True)]
