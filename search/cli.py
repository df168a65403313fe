"""The command line: words in, one line out when they are wrong."""

import signal
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from search.errors import FailedError, UsageError
from space.errors import SpaceError

PURPOSE = (
    "Where should a convolutional network spend its compute? Trains small proxies along an axis at a fixed budget."
)
EPILOG = """words:
  explore plan      the settings only, nothing trained (same options)
  explore cost      params, multiply-adds, activations, CIO and MoC of networks
  explore show      a network's sentence and its stage table
  explore report    make a run's report again

examples:
  explore --budget 4GFLOPs --axis cardinality
  explore plan --budget 4GFLOPs --axis radix --json
  explore cost resnext50_32x4d resnet50

FLOPs are multiply-adds of convolutions and linear layers: resnet50 has 4.09 G."""


class _Parser(ArgumentParser):
    """argparse, saying what is wrong in one line, and taking no option by half its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- argparse's own
        super().__init__(*args, **{**kwargs, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            message = f"{missing}: missing; see {self.prog} --help"
        raise UsageError(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 2 wrong words, 1 failed while running, 130 interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except (UsageError, SpaceError) as error:
        return _say(error, 2)
    except KeyboardInterrupt as interrupt:
        return _say(str(interrupt) or "interrupted", 130)
    except BrokenPipeError:
        return 1
    except (FailedError, OSError, MemoryError) as error:
        return _say(error, 1)


def _question() -> _Parser:
    """The options that say what is compared."""
    parser = _Parser(add_help=False)
    ask = parser.add_argument_group("the question")
    ask.add_argument("--budget", metavar="AMOUNT", required=True, help="4GFLOPs, 800MFLOPs or 4e9 multiply-adds")
    ask.add_argument("--axis", action="append", required=True, help="cardinality, width, depth or radix: what varies")
    ask.add_argument("--against", metavar="DIM", help="what gives way (cardinality: width; width: depth; depth: width)")
    ask.add_argument(
        "--base", metavar="NAME", help="network to start from (default: the ladder's nearest to the budget)"
    )
    ask.add_argument("--values", metavar="V,V", help="values of the axis (default: the papers')")
    ask.add_argument(
        "--match", metavar="RULE", default="paper", help="paper: the papers' rule (default); exact: 0.1 %%"
    )
    ask.add_argument("--resolution", metavar="PIXELS", help="input side at which networks are costed (default 224)")
    return parser


def _explore() -> _Parser:
    parser = _Parser(
        "explore",
        parents=[_question()],
        description=PURPOSE,
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    train = parser.add_argument_group("the training")
    train.add_argument(
        "--data", metavar="NAME", help="digits, fashion-mnist or folder:PATH (default: the best there is)"
    )
    train.add_argument("--fidelity", metavar="NAME", default="quick", help="tiny, quick (default), medium or full")
    train.add_argument("--recipe", metavar="FILE", help="a run's recipe.toml, whose training to use")
    train.add_argument("--set", metavar="FIELD=VALUE", action="append", default=[], help="one field of the training")
    train.add_argument("--seeds", metavar="N", default="3", help="replicates of every setting (default 3)")
    train.add_argument("--run", metavar="DIR", help="run folder (default: runs/ and a name that says the question)")
    train.add_argument("--address", metavar="RAY", help="a Ray cluster to join (default: this machine alone)")
    train.add_argument("--gpus-per-trial", metavar="F", default="0", help="share of a GPU for each trial (default 0)")
    return parser


def _plan() -> _Parser:
    parser = _Parser("explore plan", parents=[_question()], description="The settings of an axis, nothing trained.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _cost() -> _Parser:
    parser = _Parser("explore cost", description="Exact costs: parameters, multiply-adds, activations, CIO, MoC.")
    parser.add_argument("network", nargs="*", help="names or sentences")
    parser.add_argument("--all", action="store_true", help="every named network")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: the network's own)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _show() -> _Parser:
    parser = _Parser("explore show", description="A network's sentence and its stage table.")
    parser.add_argument("network", help="name or sentence")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: the network's own)")
    return parser


def _report() -> _Parser:
    parser = _Parser("explore report", description="Make the report of a run again, from its folder alone.")
    parser.add_argument("run", nargs="+", metavar="RUN", help="run folders")
    return parser


COMMANDS: dict[str, Callable[[], _Parser]] = {
    "explore": _explore,
    "plan": _plan,
    "cost": _cost,
    "show": _show,
    "report": _report,
}


def _run(words: list[str]) -> int:
    name = words.pop(0) if words and words[0] in COMMANDS else "explore"
    parser = COMMANDS[name]()
    options = parser.parse_args(_joined(words, parser))
    options.words = words
    command: Callable[[Namespace], int] = import_module(f"search.commands.{name}").run
    return command(options)


def _say(error: object, code: int) -> int:
    print(f"explore: {error}".replace("\n", " "), file=sys.stderr)
    return code


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _joined(words: list[str], parser: ArgumentParser) -> list[str]:
    """`--budget -1GFLOPs` as `--budget=-1GFLOPs`: a value may begin with a minus sign."""
    takes_value = {o for a in parser._actions if a.nargs is None for o in a.option_strings}  # noqa: SLF001
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in takes_value and word.startswith("-"):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
