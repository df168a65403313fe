"""Names of classes: a block's is its word in the grammar, any other scope's its own."""

from collections import Counter

from space.arch import Arch
from space.python.classes import Class, Reader

WORDS = {"se": "SqueezeExcite"}


def named(reader: Reader, arch: Arch) -> None:
    """Name the classes. Of several kinds of one block, the most frequent has the plain name."""
    by_base: dict[str, list[Class]] = {}
    for each in reader.classes:
        by_base.setdefault(_base(each, arch), []).append(each)
    for base, those in by_base.items():
        plain = max(those, key=lambda each: len(each.instances))
        others = [each for each in those if each is not plain]
        opening = [each for each in others if all(scope.path[-1] == "block1" for scope in each.instances)]
        for number, each in enumerate(others, 2):
            each.name = f"Opening{base}" if opening == others == [each] else f"{base}{number}"
        plain.name = base


def _base(each: Class, arch: Arch) -> str:
    """The commonest word for its instances."""
    words: Counter[str] = Counter()
    for scope in each.instances:
        match scope.path:
            case (stage, block) if stage.startswith("stage") and block.startswith("block"):
                words[type(arch.stages[int(stage[5:]) - 1].block).__name__] += 1
            case (*_, last):
                bare = last.rstrip("0123456789")
                words[WORDS.get(bare, bare.capitalize())] += 1
            case _:
                words["Network"] += 1
    return words.most_common(1)[0][0]
