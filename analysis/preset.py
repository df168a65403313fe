"""A training to begin with, by name or from a file, and how much of it there is."""

from dataclasses import dataclass
from typing import Any, Self

from analysis import toml
from analysis.about import described, written
from analysis.recipe import Fidelity, RecordError
from analysis.training import Training


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What `--recipe` names; a file of it need hold only what differs from the default."""

    source: str = ""
    """The paper or program it is of, and where it departs from that."""

    fidelity: Fidelity | None = None
    """How much is trained, where nothing else is asked for."""

    training: Training = Training()
    """How it is trained."""

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The preset written in `text`; `RecordError` names line and field of what is wrong."""
        try:
            return toml.read(cls, text)
        except toml.TomlError as error:
            raise RecordError(str(error)) from None

    def to_toml(self) -> str:
        """The file that `from_toml` reads back to an equal preset, in which every field says what it is."""
        lines = [f"source = {written(self.source)}"]
        for name, part in (("fidelity", self.fidelity), ("training", self.training)):
            if part is not None:
                lines += ["", f"[{name}]", *_lines(part)]
        return "\n".join(lines) + "\n"


def _lines(part: Any) -> list[str]:  # noqa: ANN401 -- a dataclass whose fields have a text below them
    """`lr = 0.1  # [unit] what it is (source); default 0.4`."""
    lines = []
    for field in described(type(part)):
        value = written(getattr(part, field.name))
        unit, source = f"[{field.unit}] " if field.unit else "", f" ({field.source})" if field.source else ""
        usual = f"; default {field.default}" if field.default not in ("", value) else ""
        lines.append(f"{f'{field.name} = {value}':30}  # {unit}{field.what}{source}{usual}")
    return lines
