"""The spaces that ship: files of a line that says what varies, and the space."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Starter:
    """A space that ships, with what varies in it and where that is from."""

    about: str
    text: str


@cache
def starters() -> dict[str, Starter]:
    """By name: `resnext`, `tree`."""
    texts = {
        file.name: file.read_text("utf-8") for file in files(__package__).iterdir() if file.name.endswith(".space")
    }
    parted = {name.removesuffix(".space"): text.partition("\n") for name, text in sorted(texts.items())}
    return {name: Starter(about, text) for name, (about, _, text) in parted.items()}
