"""What stands below a field is what a document says of it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from analysis.about import Field, described, written
from analysis.bounds import Bounds
from analysis.recipe import Fidelity
from analysis.training import Training


@dataclass(frozen=True)
class Example:
    """Not of a field."""

    side: Annotated[int, Bounds(least=1)]
    """[pixels] Of the image, which is square;
    and that is all (Lowe 1999; Lowe 2004)."""

    how: Literal["fast", "slow"] = "fast"
    """A word (one of two)."""

    bare: tuple[float, ...] = (0.5, 1)
    on: bool = True
    """Whether it is."""


def test_unit_source_and_values_are_read_off_the_field() -> None:
    assert list(described(Example)) == [
        Field("side", "Of the image, which is square; and that is all", "pixels", "Lowe 1999; Lowe 2004",
              "a whole number of at least 1", ""),
        Field("how", "A word (one of two)", "", "", '"fast" or "slow"', '"fast"'),
        Field("bare", "", "", "", "a list", "[0.5, 1]"),
        Field("on", "Whether it is", "", "", "true or false", "true"),
    ]  # fmt: skip


def test_every_field_of_training_and_fidelity_is_said() -> None:
    assert all(field.what and field.default for field in described(Training))
    assert all(field.what for field in described(Fidelity))


def test_fields_of_a_fidelity_have_their_bounds() -> None:
    values = {field.name: field.values for field in described(Fidelity)}
    assert values["width"] == "a number above 0 and at most 1"


def test_values_are_written_as_toml_has_them() -> None:
    assert [written(value) for value in (False, "a b", 5e-4, 3)] == ["false", '"a b"', "0.0005", "3"]
