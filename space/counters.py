"""Whose FLOPs: what the field's counters say of a network, every one of them a weighted sum of the same few counts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from space import ops
from space.graph import Graph
from space.ops import Shape


class Term(StrEnum):
    """What a counter may count: the terms of a closed form."""

    LAYERS = "multiply-adds of convolutions and linear layers"
    INVOLUTIONS = "multiply-adds of involutions"
    NORMS = "elements of norms"
    MEANS = "elements read by global pooling"
    POOLS = "elements read by other pooling"
    RELUS = "elements of ReLUs"
    SHIFTED = "elements that a convolution adds a bias to"
    BIASES = "biases"
    CONVOLVED = "elements of convolution outputs"
    PEAKS = "elements of max pooling outputs"
    LOGITS = "outputs of linear layers"
    PARAMETERS = "parameters"
    STATISTICS = "channels of norms"


class Quantity(StrEnum):
    """What is counted by one name and more than one convention."""

    FLOPS = "FLOPs"
    ACTIVATIONS = "activations"
    PARAMS = "params"


@dataclass(frozen=True)
class Convention:
    """How a tool counts: so many for each term."""

    name: str
    quantity: Quantity
    weights: Mapping[Term, int]

    def total(self, counts: Mapping[Term, int]) -> int:
        """What the tool says of a network with these counts."""
        return sum(weight * counts[term] for term, weight in self.weights.items())

    def rule(self) -> str:
        """The closed form in words."""
        return _sum((weight, term) for term, weight in self.weights.items())

    def difference(self, counts: Mapping[Term, int]) -> str:
        """The closed form by what it adds to our own count, with the numbers of a network; terms of none left out."""
        if self is OURS[self.quantity]:
            return self.rule()
        ours = OURS[self.quantity].weights
        multiple = self.weights[next(iter(ours))]
        rest = {term: self.weights.get(term, 0) - multiple * ours.get(term, 0) for term in Term}
        known = ((weight, f"{counts[term]:,} {term}") for term, weight in rest.items() if weight * counts[term])
        return _sum([(multiple, "ours"), *known])


_F, _A, _P = Quantity.FLOPS, Quantity.ACTIVATIONS, Quantity.PARAMS

CONVENTIONS: Mapping[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention("ours", _F, {Term.LAYERS: 1, Term.INVOLUTIONS: 1}),
        Convention("fvcore_eval", _F, {Term.LAYERS: 1, Term.NORMS: 2, Term.MEANS: 1}),
        Convention("fvcore_train", _F, {Term.LAYERS: 1, Term.NORMS: 5, Term.MEANS: 1}),
        Convention("torch_flop_counter", _F, {Term.LAYERS: 2}),
        Convention("pycls", _F, {Term.LAYERS: 1, Term.INVOLUTIONS: 1, Term.BIASES: 1}),
        Convention(
            "mmcv",
            _F,
            {Term.LAYERS: 1, Term.INVOLUTIONS: 1, Term.NORMS: 2}
            | dict.fromkeys((Term.MEANS, Term.POOLS, Term.RELUS, Term.SHIFTED), 1),
        ),
        Convention("our_activations", _A, {Term.CONVOLVED: 1}),
        Convention("pycls_activations", _A, {Term.CONVOLVED: 1, Term.PEAKS: 1, Term.LOGITS: 1}),
        Convention("our_params", _P, {Term.PARAMETERS: 1}),
        Convention("keras_params", _P, {Term.PARAMETERS: 1, Term.STATISTICS: 2}),
    )
}
"""By name; the first of a quantity is what every other output of the product says."""

OURS: Mapping[Quantity, Convention] = {
    quantity: next(c for c in CONVENTIONS.values() if c.quantity is quantity) for quantity in Quantity
}


def counts(graph: Graph) -> Counter[Term]:
    """Every term of a network, summed over its graph's nodes."""
    total: Counter[Term] = Counter()
    for node in graph.nodes:
        read = graph.inputs(node)
        total[Term.PARAMETERS] += node.op.params(*read)
        total[Term.INVOLUTIONS if isinstance(node.op, ops.Involution) else Term.LAYERS] += node.op.macs(*read)
        for term, count in _terms(node.op, node.shape, *read):
            total[term] += count
    return total


def _terms(op: ops.Op, made: Shape, *read: Shape) -> Iterator[tuple[Term, int]]:
    """What an operation counts for beside parameters and multiply-adds."""
    match op:
        case ops.Conv():
            yield Term.CONVOLVED, made.elements
            yield Term.SHIFTED, made.elements * op.bias
            yield Term.BIASES, op.out * op.bias
        case ops.Linear():
            yield from ((Term.LOGITS, op.out), (Term.BIASES, op.out))
        case ops.Norm():
            yield from ((Term.NORMS, made.elements), (Term.STATISTICS, made.channels))
        case ops.Activation("relu" | "relu6"):
            yield Term.RELUS, made.elements
        case ops.GlobalPool():
            yield Term.MEANS, read[0].elements
        case ops.Pool():
            yield Term.POOLS, read[0].elements
            yield Term.PEAKS, made.elements * (op.function == "max")
        case _:
            pass


def _sum(summands: Iterable[tuple[int, str]]) -> str:
    """`a + 2 x b - c`."""
    words = (f"{'+' if n > 0 else '-'} {f'{abs(n)} x ' if abs(n) > 1 else ''}{what}" for n, what in summands)
    return " ".join(words).removeprefix("+ ")
