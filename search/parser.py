"""argparse, as every command wants it."""

from argparse import ArgumentParser
from typing import Any, NoReturn

from search.errors import UsageError


class Parser(ArgumentParser):
    """argparse, saying what is wrong in one line, and taking no option by half its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- argparse's own
        super().__init__(*args, **{**kwargs, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        missing = message.removeprefix("the following arguments are required: ").removesuffix(": expected one argument")
        if missing != message:
            message = f"{missing}: missing; see {self.prog} --help"
        raise UsageError(message)
