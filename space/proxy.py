"""Proxies: the same axis value on a network small enough to train here, itself a sentence, all of equal cost."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import sqrt

from space.arch import Arch, Input
from space.axes import AXES
from space.base import base_of
from space.budget import Budget, shown
from space.cost import cost
from space.draft import Draft, is_transition
from space.errors import SpaceError
from space.families.densenet import DenseLayer
from space.plan import Plan, Setting
from space.resize import resized, resized_part, scaled, stretched
from space.solve import solve_depths, solve_widths
from space.written import excerpt

TOLERANCE = 0.009  # around the common cost, so that two proxies never differ by 2 %: more would confound the axis
FARTHEST = 0.05  # from the common cost that a proxy of any blocks may be
WIDER = (1.0, 1.25, 1.5, 2.0)  # factors tried on the width where a proxy does not come out
POOLED = 64  # pixels a side: below, a stem that pools would leave the stages nothing to look at


@dataclass(frozen=True)
class Reduction:
    """What a proxy keeps of its candidate: fractions of widths and depths, and the images it is trained on."""

    width: float
    depth: float
    input: Input
    classes: int

    def sparing_depth(self) -> "Reduction":
        """The same cost with whole depths: a network costs in proportion to its depth and the square of its width."""
        return replace(self, width=self.width * sqrt(self.depth), depth=1.0)

    def wider(self, factor: float) -> "Reduction":
        return replace(self, width=min(1.0, self.width * factor))


def proxies(plan: Plan, reduction: Reduction) -> tuple[Arch, ...]:
    """A proxy of each setting, costing what the base's proxy costs within 0.9 %.

    Stem, depths and block outputs are scaled alike; the bottleneck widths, of dense blocks the depths, are then solved
    for the common cost. Where the axis moves the depth of bottlenecks, proxies keep theirs if they can. Where integers
    this small do not reach the common cost, or two settings would share a proxy or a growth rate, all are made wider,
    up to twice.
    """
    moves_depth = "depth" in (*plan.axis, plan.against) and not _is_dense(plan.base)
    kinds = (reduction.sparing_depth(), reduction) if moves_depth else (reduction,)
    failures = []
    for kept in (kind.wider(factor) for factor in WIDER for kind in kinds):
        try:
            return _proxies(plan, kept)
        except SpaceError as error:
            failures.append(error)
    raise failures[0]


def _is_dense(arch: Arch) -> bool:
    return any(isinstance(stage.block, DenseLayer) for stage in arch.stages)


def _proxies(plan: Plan, reduction: Reduction) -> tuple[Arch, ...]:
    macs = cost(reduced(plan.base, reduction)).macs
    found: dict[Arch, Setting] = {}
    for setting in plan.settings:
        proxy = _solved(setting, reduction, macs)
        twin = next((other for known, other in found.items() if _are_one(proxy, setting, known, other)), None)
        if twin:
            names = f"{twin.name} and {setting.name}"
            raise SpaceError(f"{names} have the same proxy, {proxy}; choose a larger --fidelity")
        found[proxy] = setting
    return tuple(found)


def _are_one(proxy: Arch, setting: Setting, known: Arch, other: Setting) -> bool:
    """Whether two settings have the same proxy, or such as differ in growth rate have proxies that do not."""
    rates, proxies = ({_growth_rate(one) for one in pair} for pair in ((setting.arch, other.arch), (proxy, known)))
    return proxy == known or len(rates) > len(proxies)


def _growth_rate(arch: Arch) -> int:
    return AXES["growth-rate"].read(Draft.of(arch)) if _is_dense(arch) else 0


def _solved(setting: Setting, reduction: Reduction, macs: int) -> Arch:
    solve = solve_depths if _is_dense(setting.arch) else solve_widths
    proxy = solve(Draft.of(reduced(setting.arch, reduction)), macs, tolerance=TOLERANCE).arch
    error = cost(proxy).macs / macs - 1
    if abs(error) > TOLERANCE:
        raise SpaceError(
            f"{setting.name} has no proxy of {shown(macs)}: the nearest is {error:+.1%} off; "
            "choose a larger --fidelity or other --values"
        )
    return proxy


def proxy_of(arch: Arch, reduction: Reduction, macs: int) -> Arch:
    """The proxy of a network of any blocks, one that was found freely, at a cost that all proxies have in common.

    Depths, input, head and stem are the reduced network's; its stages then have their widths scaled, each by a factor
    of its own, all of them as much alike as integers allow, so that it costs `macs`: within 0.9 % where some such
    network does, else the nearest, if that is within 5 %; `SpaceError` if not. Groups, splits, scales and kernels are
    kept; a gate on very few channels reduces them less. A reduction that spares depth keeps networks apart that differ
    only in it.
    """
    try:
        draft = _lessened(Draft.of(arch), reduction)
        draft.arch()  # says where a map has become too small
        draft = replace(draft, stem=resized_part(draft.stem, reduction.width))
        found = stretched(draft, macs, tolerance=TOLERANCE).arch
        error = cost(found).macs / macs - 1
    except SpaceError as reason:
        raise SpaceError(f"{excerpt(str(arch))} has no proxy of {shown(macs)}: {reason}") from None
    if abs(error) > FARTHEST:
        nearest = f"the nearest is {error:+.1%} off"
        raise SpaceError(f"{excerpt(str(arch))} has no proxy of {shown(macs)}: {nearest}; choose a larger --fidelity")
    return found


def whole_proxy(arch: Arch, reduction: Reduction, macs: int) -> Arch:
    """With all its blocks, or networks that differ in depth alone would share one; with fewer where it must be."""
    try:
        return proxy_of(arch, reduction.sparing_depth(), macs)
    except SpaceError:
        return proxy_of(arch, reduction, macs)


def equal_proxies(archs: Sequence[Arch], reduction: Reduction) -> tuple[Arch, ...]:
    """Of networks of any blocks, all at the cost of the first one's: with whole depths where two would share one."""
    macs = cost(reduced(archs[0], reduction)).macs
    found = [proxy_of(arch, reduction, macs) for arch in archs]
    if len(set(found)) < len(set(archs)):
        found = [whole_proxy(arch, reduction, macs) for arch in archs]
    return tuple(found)


def common_macs(macs: int, reduction: Reduction, resolution: int | None = None) -> int:
    """What proxies of networks that cost `macs` have in common: what the proxy of the ladder's ResNet costs.

    That is the one nearest to `macs` at `resolution` pixels (None: 224), brought there if it is far.
    """
    base = base_of(Budget(shown(macs), macs), AXES["cardinality"], None, resolution)
    return cost(reduced(base.arch, reduction)).macs


def reduced(arch: Arch, reduction: Reduction) -> Arch:
    """The network with every width and depth scaled; on small images its stem does not pool, or even stride."""
    return _lessened(resized(Draft.of(arch), reduction.width), reduction).arch()


def _lessened(draft: Draft, reduction: Reduction) -> Draft:
    """All of it but the widths."""
    draft = draft.deepened(tuple(scaled(stage.depth, reduction.depth) for stage in draft.body))
    side = reduction.input.resolution
    halvings = sum(is_transition(stage) and stage.stride > 1 for stage in draft.stages)
    plainer: dict[str, int] = {"pool": False} if side < POOLED else {}
    plainer |= {"stride": 1} if halvings and side < 2 ** (halvings + 1) else {}  # transitions halve, and round down
    known = {f.name for f in fields(draft.stem)}
    stem = replace(draft.stem, **{name: value for name, value in plainer.items() if name in known})
    head = replace(draft.head, classes=reduction.classes)
    return replace(draft, stem=stem, head=head, input=reduction.input)
