"""The command line: words in, one line out when they are wrong."""

import io
import os
import shlex
import signal
import sys
from argparse import Action, ArgumentParser, Namespace, _AppendAction
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from itertools import takewhile
from typing import NoReturn

from analysis.words import shown
from search.errors import FailedError, UsageError
from search.options import COMMANDS
from space.errors import SpaceError

ALIKE = 0.8  # of their letters, from which on one option may have been meant for another


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 2 wrong words, 1 failed while running, 130 interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that has no word for ± is told so
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except (UsageError, SpaceError) as error:
        return _say(error, 2)
    except KeyboardInterrupt as interrupt:
        return _say(str(interrupt) or "interrupted", 130)
    except BrokenPipeError:
        return 1
    except FailedError as error:
        return _say(error, 1)
    except MemoryError:
        return _say("there is not enough memory", 1)
    except OSError as error:
        return _say(_in_words(error), 1)


def _run(words: list[str]) -> int:
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        (near,) = get_close_matches(words[0], COMMANDS, n=1, cutoff=0)
        known = ", ".join(name for name in COMMANDS if name != "explore")
        raise UsageError(f"{words[0][:40]!r} is no command; write {known} (the nearest is {near}), or options alone")
    typed = shlex.join(["explore", *words])
    name = words.pop(0) if words and words[0] in COMMANDS else "explore"
    parser = COMMANDS[name]()
    words = _joined(words, parser)
    _refuse_misspelt(words, parser)
    options = parser.parse_args(words)
    _refuse_empty(options, parser)
    options.command = typed
    command: Callable[[Namespace], int] = import_module(f"search.commands.{name}").run
    return command(options)


def _actions(parser: ArgumentParser) -> dict[str, Action]:
    """The parser's options, each under all its names; argparse has no other list of them."""
    return {name: action for action in parser._actions for name in action.option_strings}  # noqa: SLF001


def _refuse_misspelt(words: list[str], parser: ArgumentParser) -> None:
    """An option that is not known comes before all that may be missing, and one given twice would hide the first."""
    actions = _actions(parser)
    seen: set[str] = set()
    for word in takewhile(lambda word: word != "--", words):
        name = word.partition("=")[0]
        if name.startswith("--") and name not in actions:
            near = "".join(f"; the nearest is {one}" for one in get_close_matches(name, actions, n=1, cutoff=ALIKE))
            raise UsageError(f"{name[:40]!r} is no option{near}; see {parser.prog} --help")
        if name in seen and not isinstance(actions[name], _AppendAction):
            raise UsageError(f"{name}: given twice; write it once")
        seen |= {name} & actions.keys()


def _refuse_empty(options: Namespace, parser: ArgumentParser) -> None:
    """An option given as '' is a variable that was not set, and no wish for the default."""
    for action in parser._actions:  # noqa: SLF001 -- argparse has no other list of them
        given = getattr(options, action.dest, None)
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, str) and not value.strip():
                name = action.option_strings[0] if action.option_strings else str(action.metavar or action.dest)
                raise UsageError(f"{name}: {value!r} says nothing; leave it out, or see --help")


def _say(error: object, code: int) -> int:
    print(shown(f"explore: {error}".replace("\n", " ")), file=sys.stderr)
    return code


def _in_words(error: OSError) -> str:
    """What could not be done, to what, and why."""
    if error.filename is None:
        return f"the operating system refuses: {error.strerror or error}"
    return f"{os.fsdecode(error.filename)} cannot be read or written: {error.strerror}"


def _interrupt(*_: object) -> NoReturn:
    """End in order, once: a second Ctrl-C while workers are ended and results said would only break that off."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _joined(words: list[str], parser: ArgumentParser) -> list[str]:
    """`--budget -1GFLOPs` as `--budget=-1GFLOPs`: a value may begin with a minus sign, if it is no option itself."""
    actions = _actions(parser)
    takes_value = {name for name, action in actions.items() if action.nargs is None}
    joined: list[str] = []
    for word in words:
        is_option = word.partition("=")[0] in actions
        if joined and joined[-1] in takes_value and word.startswith("-") and not is_option:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
