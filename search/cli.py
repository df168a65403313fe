"""The command line: words in, one line out when they are wrong."""

import os
import signal
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

from search.errors import FailedError, UsageError
from space.errors import SpaceError

PURPOSE = (
    "Where should a convolutional network spend its compute? Trains small proxies along an axis at a fixed budget."
)
COSTS = """Exact costs of one image. macs: multiply-adds of convolutions and linear layers; activations: elements of all
convolutions' outputs; cio: of their inputs and outputs; moc: macs over cio."""
EPILOG = """words:
  explore plan      the settings only, nothing trained (same options)
  explore cost      params, multiply-adds, activations, CIO and MoC of networks (--counters: as others count)
  explore show      a network's sentence and its stage table (--plot: its blocks, drawn)
  explore space     the networks of a design space within budgets: count, sample, enumerate
  explore report    make a run's report again

examples:
  explore --budget 4GFLOPs --axis cardinality
  explore plan --budget 4GFLOPs --axis radix --json
  explore cost resnext50_32x4d resnet50

FLOPs are multiply-adds of convolutions and linear layers: resnet50 has 4.09 G."""


SPACES = """in a space:
  {1|2|4}           one of them, numbers or parts
  16..128/8         from 16 to 128 in steps of 8
  C = {1|2}; ...    one value throughout the network; 2*C is twice that

examples:
  explore space tree count --budget 4GFLOPs
  explore space resnext sample --budget 4GFLOPs --budget '<=20Mparams' --n 1000 --output resnext.parquet
  explore space 'conv_stem(64) > 1..8*bottleneck(32..128/8, 256, grouped({1|2|4|8}))' enumerate --budget 1GFLOPs"""


class _Parser(ArgumentParser):
    """argparse, saying what is wrong in one line, and taking no option by half its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- argparse's own
        super().__init__(*args, **{**kwargs, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        missing = message.removeprefix("the following arguments are required: ").removesuffix(": expected one argument")
        if missing != message:
            message = f"{missing}: missing; see {self.prog} --help"
        raise UsageError(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 2 wrong words, 1 failed while running, 130 interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
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


def _question() -> _Parser:
    """The options that say what is compared."""
    from space.axes import AXES  # here: it takes numpy, which costs and tables do without

    *most, last = AXES
    yielding = "; ".join(f"{axis.name}: {' or '.join(axis.against)}" for axis in AXES.values())
    parser = _Parser(add_help=False)
    ask = parser.add_argument_group("the question")
    ask.add_argument("--budget", metavar="AMOUNT", required=True, help="4GFLOPs, 800MFLOPs or 4e9 multiply-adds")
    ask.add_argument(
        "--axis", action="append", required=True, help=f"what varies: {', '.join(most)} or {last}; two span a plane"
    )
    ask.add_argument("--against", metavar="DIM", help=f"what gives way, the first by default ({yielding})")
    ask.add_argument(
        "--base", metavar="NAME", help="network to start from (default: the ladder's nearest, brought to the budget)"
    )
    ask.add_argument(
        "--values",
        metavar="V,V",
        action="append",
        help="values of the axis, and given again, of a plane's second (default: those explore plan shows)",
    )
    ask.add_argument(
        "--match", metavar="RULE", default="paper", help="paper: the papers' rule (default); exact: 0.1 %%"
    )
    ask.add_argument("--width-multiple", metavar="N", help="exact matching solves widths in multiples of N, such as 8")
    ask.add_argument(
        "--resolution", metavar="PIXELS", help="input side at which networks are costed (default: the base's own)"
    )
    return parser


def _training() -> _Parser:
    """The options that say how its settings are trained."""
    parser = _Parser(add_help=False)
    train = parser.add_argument_group("the training")
    train.add_argument(
        "--data", metavar="NAME", help="digits, fashion-mnist or folder:PATH (default: the best there is)"
    )
    train.add_argument("--fidelity", metavar="NAME", default="quick", help="tiny, quick (default), medium or full")
    train.add_argument("--recipe", metavar="FILE", help="a run's recipe.toml, whose training to use")
    train.add_argument("--set", metavar="FIELD=VALUE", action="append", default=[], help="one field of the training")
    train.add_argument("--seeds", metavar="N", default="3", help="replicates of every setting (default 3)")
    train.add_argument(
        "--retries",
        metavar="N",
        default="2",
        help="of a trial whose worker died, hung or lacked memory or files (default 2)",
    )
    train.add_argument("--run", metavar="DIR", help="run folder (default: runs/ and a name that says the question)")
    train.add_argument(
        "--address", metavar="RAY", help="a Ray cluster to join, HOST:PORT or auto (default: this machine alone)"
    )
    train.add_argument("--gpus-per-trial", metavar="F", default="0", help="share of a GPU for each trial (default 0)")
    return parser


def _explore() -> _Parser:
    return _Parser(
        "explore",
        parents=[_question(), _training()],
        description=PURPOSE,
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )


def _plan() -> _Parser:
    what = "The settings of an axis, nothing trained. Takes the options of the main job, so that it can be previewed."
    parser = _Parser("explore plan", parents=[_question(), _training()], description=what)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _cost() -> _Parser:
    parser = _Parser("explore cost", description=COSTS)
    parser.add_argument("network", nargs="*", help="names or sentences")
    parser.add_argument("--all", action="store_true", help="every named network")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: the network's own)")
    parser.add_argument("--counters", action="store_true", help="as fvcore, torch, pycls, mmcv and Keras count, too")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _show() -> _Parser:
    parser = _Parser("explore show", description="A network's sentence, its stage table, and a drawing of its blocks.")
    parser.add_argument("network", nargs="?", help="name or sentence")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: the network's own)")
    parser.add_argument(
        "--plot", metavar="FILE.html", nargs="?", const=True, help="draw its blocks (default: NAME.html, here)"
    )
    return parser


def _space() -> _Parser:
    what = "Networks of a design space, a sentence with choices in it, within budgets. Without one: those that ship."
    parser = _Parser("explore space", description=what, epilog=SPACES, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("space", nargs="?", help="a space, or the name of one that ships")
    parser.add_argument("action", nargs="?", help="count; sample: uniformly; enumerate: in order of cost")
    parser.add_argument(
        "--budget", action="append", default=[], metavar="AMOUNT", help="4GFLOPs, 26Mparams, 12Mactivations, <=30Mcio"
    )
    parser.add_argument("--tolerance", metavar="F", default="1%", help="around a budget (default 1%%)")
    parser.add_argument("--n", metavar="N", help="how many (default: 10 samples; all when enumerated)")
    parser.add_argument("--seed", metavar="S", default="0", help="of the samples: the same ones everywhere (default 0)")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side at which networks are costed")
    parser.add_argument("--output", metavar="FILE", help="write FILE.jsonl, FILE.csv or FILE.parquet")
    parser.add_argument("--json", action="store_true", help="one JSON document")
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
    "space": _space,
    "report": _report,
}


def _run(words: list[str]) -> int:
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        (near,) = get_close_matches(words[0], COMMANDS, n=1, cutoff=0)
        known = ", ".join(name for name in COMMANDS if name != "explore")
        raise UsageError(f"{words[0][:40]!r} is no command; write {known} (the nearest is {near}), or options alone")
    name = words.pop(0) if words and words[0] in COMMANDS else "explore"
    parser = COMMANDS[name]()
    options = parser.parse_args(_joined(words, parser))
    _refuse_empty(options, parser)
    options.words = words
    command: Callable[[Namespace], int] = import_module(f"search.commands.{name}").run
    return command(options)


def _refuse_empty(options: Namespace, parser: ArgumentParser) -> None:
    """An option given as '' is a variable that was not set, and no wish for the default."""
    for action in parser._actions:  # noqa: SLF001 -- argparse has no other list of them
        given = getattr(options, action.dest, None)
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, str) and not value.strip():
                name = action.option_strings[0] if action.option_strings else str(action.metavar or action.dest)
                raise UsageError(f"{name}: {value!r} says nothing; leave it out, or see --help")


def _say(error: object, code: int) -> int:
    print(f"explore: {error}".replace("\n", " "), file=sys.stderr)
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
    options = {o: a.nargs is None for a in parser._actions for o in a.option_strings}  # noqa: SLF001
    joined: list[str] = []
    for word in words:
        is_option = word.partition("=")[0] in options
        if joined and options.get(joined[-1]) and word.startswith("-") and not is_option:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
