"""The hyperparameters that a sweep can tune, each with the values that are worth trying."""

import re
from difflib import get_close_matches

from analysis.plain import PlainError, from_plain
from analysis.sweep import Among, Between, Tunable
from analysis.training import Training
from search.errors import UsageError

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

_RANGE = re.compile(r"([0-9.e+-]+)\.\.([0-9.e+-]+)")


def tunables(words: str | None) -> tuple[Tunable, ...]:
    """`lr,weight_decay` with their priors, or `lr=0.05..0.8` between ends of one's own."""
    return tuple(_tunable(word.strip()) for word in words.split(",")) if words is not None else ()


def _tunable(word: str) -> Tunable:
    name, equals, ends = word.partition("=")
    prior = PRIORS.get(name)
    if prior is None:
        near = get_close_matches(name, PRIORS, n=1, cutoff=0) or ["lr"]
        known = ", ".join(PRIORS)
        raise UsageError(f"--tune: {name[:40]!r} cannot be tuned; write {known} (the nearest is {near[0]})")
    if not equals:
        return prior
    match = _RANGE.fullmatch(ends)
    if not isinstance(prior, Between) or not match:
        example = f"{name}={prior.low:g}..{prior.high:g}" if isinstance(prior, Between) else f"{name} alone"
        raise UsageError(f"--tune: {word[:40]!r} is not understood; write {example}")
    try:
        low, high = (float(end) for end in match.groups())
        for end in (low, high):
            from_plain(Training, {name: end})
        return Between(field=name, low=low, high=high, log=prior.log and low > 0)
    except (PlainError, ValueError) as error:
        raise UsageError(f"--tune: {word[:40]!r}: {error}") from None
