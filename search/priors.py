"""The hyperparameters that a sweep can tune, each with the values that are worth trying."""

import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from difflib import get_close_matches
from itertools import combinations_with_replacement, product

from analysis.plain import PlainError, from_plain
from analysis.sweep import Among, Between, Tunable, levels
from analysis.training import Training
from search.asked import assignment, named
from search.errors import UsageError
from search.words import split_outside

PRIORS: dict[str, Tunable] = {
    one.field: one
    for one in (
        # around 0.2: for batches of 128, Goyal et al. (2017) would take 0.05, and Page (2018) takes 0.4 for 512
        Between(field="lr", low=0.02, high=2.0, log=True),
        Between(field="weight_decay", low=1e-5, high=5e-3, log=True),  # around the papers' 1e-4 and 5e-4
        Between(field="momentum", low=0.8, high=0.98),
        Between(field="warmup", low=0.0, high=0.5),
        Between(field="label_smoothing", low=0.0, high=0.2),  # Szegedy et al. 2016: 0.1
        Among(field="batch_size", values=(32, 64, 128, 256)),
        Among(field="schedule", values=("cosine", "one-cycle", "step")),
        Between(field="step_factor", low=0.05, high=0.5, log=True),  # around the papers' 0.1 and 0.2
        Among(field="decay", values=("weights", "all")),
        Among(field="smoothing_over", values=("all", "others")),
        Among(field="zero_gamma", values=(False, True)),
        Among(field="initialisation", values=("he", "xavier")),
        Among(field="averaging", values=(0.0, 0.9, 0.99, 0.999)),
        Among(field="norm_images", values=(0, 1_000, 10_000)),
        Between(field="temperature", low=1.0, high=40.0, log=True),  # Hinton et al. (2015): 1 to 20
        Between(field="distillation", low=0.1, high=10.0, log=True),
        Between(field="dropout", low=0.0, high=0.5),
        Between(field="drop_block", low=0.0, high=0.3),
        Between(field="stochastic_depth", low=0.0, high=0.5),
        Between(field="fix_lr", low=1e-3, high=0.1, log=True),
        Among(field="crop_ratio", values=(0.875, 1.0)),
        Among(field="precision", values=("fp32", "bf16")),
        Among(field="crop_padding", values=(0, 2, 4)),
        Among(field="flip", values=(False, True)),
        Among(field="crop_area", values=(0.08, 0.25, 0.5, 1.0)),
        Between(field="jitter", low=0.0, high=0.5),
        Between(field="pca_noise", low=0.0, high=0.2),
        Among(field="randaugment", values=(0, 1, 2, 3)),
        Between(field="randaugment_magnitude", low=0.0, high=20.0),
        Between(field="mixup", low=0.0, high=0.5),
        Between(field="cutmix", low=0.0, high=1.0),
    )
}

NEVER = ("threads", "milestones")
"""Fields that no sweep chooses: how the machine is shared, and a list, for which samplers have no word."""

FIELDS = (*PRIORS, *(field.name for field in fields(Training) if field.name not in (*PRIORS, *NEVER)))

_RANGE = re.compile(r"([0-9.e+-]+)\.\.([0-9.e+-]+)")


def tunables(words: str | None) -> tuple[Tunable, ...]:
    """`lr,weight_decay` with their priors, `lr=0.05..0.8` between ends of one's own, `lr=0.1|0.4` among values."""
    return tuple(_tunable(word) for word in split_outside(words, ",")) if words is not None else ()


def _tunable(word: str) -> Tunable:
    name, equals, said = word.partition("=")
    if name not in FIELDS:
        (near,) = get_close_matches(name, FIELDS, n=1, cutoff=0)
        raise UsageError(f"--tune: {name[:40]!r} cannot be tuned; write {', '.join(FIELDS)} (the nearest is {near})")
    try:
        if equals and "|" in said:
            return _among(name, said.split("|"))
        if equals and isinstance(getattr(Training(), name), float) and (match := _RANGE.fullmatch(said)):
            return _between(name, *map(float, match.groups()))
    except (PlainError, ValueError) as error:
        raise UsageError(f"--tune: {word[:40]!r}: {error}") from None
    if equals or name not in PRIORS:
        raise UsageError(f"--tune: {word[:40]!r} is not understood; write {_examples(name)}")
    return PRIORS[name]


def _between(name: str, low: float, high: float) -> Between:
    for end in (low, high):
        from_plain(Training, {name: end})
    prior = PRIORS.get(name)
    return Between(field=name, low=low, high=high, log=isinstance(prior, Between) and prior.log and low > 0)


def _among(name: str, texts: Sequence[str]) -> Among:
    kind = type(getattr(Training(), name))
    values = tuple(assignment(f"{name}={text}", "--tune")[1] for text in texts)
    values = tuple(named(name, one, "--tune") if isinstance(one, str) else one for one in values)
    return Among(field=name, values=tuple(float(one) if kind is float and type(one) is int else one for one in values))


def _examples(name: str) -> str:
    match PRIORS.get(name):
        case Between(low=low, high=high):
            return f"{name}={low:g}..{high:g}, or values as {name}={low:g}|{high:g}"
        case Among(values=values):
            return f"{name} alone, or values as {name}={'|'.join(str(value).lower() for value in values[:2])}"
    return f"values of it as {name}=A|B"


def refuse_impossible(training: Training, tune: Sequence[Tunable]) -> None:
    """`UsageError` where a value of what is tuned, or two that may come together, make no training."""
    values = {one.field: levels(one) for one in tune}
    first = asdict(training) | {field: some[0] for field, some in values.items()}
    for one, other in combinations_with_replacement(values, 2):
        for a, b in product(values[one], values[other]):
            try:
                from_plain(Training, first | {one: a, other: b})
            except PlainError as error:
                raise UsageError(f"--tune: {error}") from None


def views(training: Training, tune: Sequence[Tunable]) -> list[Training]:
    """The trainings that differ in what is seen in testing, which are possible (`refuse_impossible`)."""
    values = {one.field: levels(one) for one in tune if one.field in ("test_resolution", "crop_ratio")}
    return [
        from_plain(Training, asdict(training) | dict(zip(values, some, strict=True)))
        for some in product(*values.values())
    ]
