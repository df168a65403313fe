"""The tricks that `--tricks` names, and those that are written out as fields of the training."""

import re
from dataclasses import asdict, dataclass
from difflib import get_close_matches

from analysis.plain import PlainError, from_plain
from analysis.training import Training
from analysis.tricks import Trick, Value, stages
from search.asked import assignments, named
from search.errors import UsageError
from search.words import split_outside


@dataclass(frozen=True)
class Known:
    """What a training is without the trick, and with it, unless the recipe has it its own way."""

    without: dict[str, Value]
    usual: dict[str, Value]


KNOWN: dict[str, Known] = {
    "warm-up": Known({"warmup": 0.0}, {"warmup": 0.15}),
    "no-bias-decay": Known({"decay": "all"}, {"decay": "weights"}),
    "zero-gamma": Known({"zero_gamma": False}, {"zero_gamma": True}),
    "cosine": Known({"schedule": "step"}, {"schedule": "cosine"}),
    "he": Known({"initialisation": "xavier"}, {"initialisation": "he"}),
    "low-precision": Known({"precision": "fp32"}, {"precision": "bf16"}),
    "label-smoothing": Known({"label_smoothing": 0.0}, {"label_smoothing": 0.1}),
    "flip": Known({"flip": False}, {"flip": True}),
    "crop": Known({"crop_padding": 0}, {"crop_padding": 2}),
    "resized-crop": Known({"crop_area": 1.0}, {"crop_area": 0.35}),
    "jitter": Known({"jitter": 0.0}, {"jitter": 0.4}),
    "pca-noise": Known({"pca_noise": 0.0}, {"pca_noise": 0.1}),
    "randaugment": Known({"randaugment": 0}, {"randaugment": 2}),
    "mixup": Known({"mixup": 0.0}, {"mixup": 0.2}),
    "cutmix": Known({"cutmix": 0.0}, {"cutmix": 1.0}),
    "dropout": Known({"dropout": 0.0}, {"dropout": 0.2}),
    "drop-block": Known({"drop_block": 0.0}, {"drop_block": 0.1}),
    "stochastic-depth": Known({"stochastic_depth": 0.0}, {"stochastic_depth": 0.2}),
    "averaging": Known({"averaging": 0.0}, {"averaging": 0.99}),
    "norm-statistics": Known({"norm_images": 0}, {"norm_images": 2_000}),
}


def asked_tricks(words: str, training: Training) -> tuple[Training, tuple[Trick, ...]]:
    """The training without any of the tricks, and the tricks in their order.

    A word is a known trick, fields as `lr=0.2` or `batch_size=512+lr_batch=128`, or these with a name before a colon.
    """
    asked = split_outside(words, ",")
    tricks = tuple(_trick(word, training) for word in asked)
    names = [trick.name for trick in tricks]
    if again := [name for index, name in enumerate(names) if name in names[:index]]:
        raise UsageError(f"--tricks: {again[0][:40]!r} is given twice; name it once")
    without = {field: value for word in asked if word in KNOWN for field, value in KNOWN[word].without.items()}
    try:
        start = from_plain(Training, asdict(training) | without)
        stages(start, tricks)
    except PlainError as error:
        raise UsageError(f"--tricks: {_by_name(str(error), names)}") from None
    return start, tricks


def _by_name(error: str, names: list[str]) -> str:
    """`tricks[1].changes.lr: …` as `'warm-up': lr: …`, in the user's words."""
    found = re.match(r"tricks\[(\d+)\]\.changes(\.|: )", error)
    if not found:
        return error
    name = f"{names[int(found[1])][:40]!r}: " if found[2] == "." else ""
    return name + error[found.end() :]


def _trick(word: str, training: Training) -> Trick:
    if known := KNOWN.get(word):
        own = {field: getattr(training, field) for field in known.without}
        return Trick(name=word, changes=known.usual if own == known.without else own)
    name, _, said = word.partition(":")
    if "=" in name:  # before a colon or without one
        name = said = word
    if not (name.strip() and "=" in said):
        (near,) = get_close_matches(word.lower(), KNOWN, n=1, cutoff=0)
        known_words = f"write {', '.join(KNOWN)} (the nearest is {near}), FIELD=VALUE or NAME:FIELD=VALUE"
        raise UsageError(f"--tricks: {word[:40]!r} is not known; {known_words}")
    try:
        return from_plain(Trick, {"name": name.strip(), "changes": _changes(said)})
    except PlainError as error:
        raise UsageError(f"--tricks: {word[:40]!r}: {error}") from None


def _changes(said: str) -> dict[str, object]:
    changes = assignments(split_outside(said, "+"), "--tricks")
    if "threads" in changes:
        raise UsageError("--tricks: threads are the machine's and change no training; write --set threads=N")
    return {field: named(field, one, "--tricks") if isinstance(one, str) else one for field, one in changes.items()}
