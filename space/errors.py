"""The one error for users of the grammar."""

from typing import Self


class SpaceError(ValueError):
    """A sentence, name or budget that cannot be met; one line that says what is wrong and what would be right."""

    def __init__(self, message: str, place: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return f"{'.'.join(self.place)}: {self.message}" if self.place else self.message

    def inside(self, scope: str) -> Self:
        """The same error, seen from one scope further out."""
        return type(self)(self.message, (scope, *self.place))
