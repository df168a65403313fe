"""Groups of options that several commands have in common, and what --help says of them."""

from argparse import _ArgumentGroup

from search.parser import Parser

TOLERANCE = "1%"  # around a budget, unless said


def question(*, of_sweep: bool = False) -> Parser:
    """The options that say what is compared; of a sweep, that may be."""
    from space.axes import AXES  # here: it takes numpy, which costs and tables do without

    *most, last = AXES
    yielding = "; ".join(f"{axis.name}: {' or '.join(axis.against)}" for axis in AXES.values())
    parser = Parser(add_help=False)
    ask = parser.add_argument_group("the question")
    _budget(ask, of_sweep=of_sweep)
    ask.add_argument(
        "--axis",
        action="append",
        required=not of_sweep,
        help=f"what varies: {', '.join(most)} or {last}; two span a plane, radix alone one with cardinality",
    )
    ask.add_argument("--against", metavar="DIM", help=f"what gives way, the first by default ({yielding})")
    ask.add_argument(
        "--base",
        metavar="NAME",
        help="network to start from (default: the ladder's nearest, resized if it is over 10 %% off the budget)",
    )
    ask.add_argument(
        "--values",
        metavar="V,V",
        action="append",
        help="values of the axis, and given again, of a plane's second (default: those explore plan shows)",
    )
    ask.add_argument(
        "--match",
        metavar="RULE",
        default="paper",
        help="paper: the papers' rule (default); exact: within 0.1 %% of the budget",
    )
    ask.add_argument("--width-multiple", metavar="N", help="exact matching solves widths in multiples of N, such as 8")
    ask.add_argument(
        "--resolution", metavar="PIXELS", help="input side at which networks are costed (default: the base's own)"
    )
    return parser


def _budget(ask: _ArgumentGroup, *, of_sweep: bool) -> None:
    if not of_sweep:
        ask.add_argument("--budget", metavar="AMOUNT", required=True, help="4GFLOPs, 800MFLOPs or 4e9 multiply-adds")
        return
    amounts = "4GFLOPs; for a space also 26Mparams, 12Mactivations, <=30Mcio, 20ms@cpu,batch=1"
    ask.add_argument("--budget", metavar="AMOUNT", action="append", required=True, help=amounts)
    ask.add_argument("--tolerance", metavar="F", default=TOLERANCE, help="around a space's budgets (default 1%%)")


def training(seeds: int = 3, of: str = "setting") -> Parser:
    """The options that say how its settings are trained."""
    parser = Parser(add_help=False)
    train = parser.add_argument_group("the training")
    train.add_argument(
        "--data",
        metavar="NAME",
        help="digits, fashion-mnist, mnist, cifar10, cifar100, svhn, procedural, folder:PATH or hf:NAME "
        "(default: fashion-mnist where it is installed, else digits)",
    )
    known = "tiny, quick, trusted, medium or full (default: the recipe's, else trusted); quick,epochs=2 changes a field"
    train.add_argument("--fidelity", metavar="NAME", help=known)
    train.add_argument("--recipe", metavar="NAME", help="a preset such as bag-of-tricks, or a file (explore recipe)")
    train.add_argument("--set", metavar="FIELD=VALUE", action="append", default=[], help="one field of the training")
    begun = "weights to start from: of the same networks, or of a narrower or shallower relative"
    train.add_argument("--weights", metavar="FILE", help=begun)
    many = f"replicates of every {of} (default {seeds})"
    train.add_argument("--seeds", metavar="N", default=str(seeds), help=many)
    train.add_argument("--seed", metavar="S", help="what images, orders and weights are drawn from (default 0)")
    again = "how often a trial is tried again whose worker died, hung or lacked memory or files (default 2)"
    train.add_argument("--retries", metavar="N", default="2", help=again)
    train.add_argument("--time", metavar="T", help="begin no trial after 90s, 30m, 2h or 1h30m")
    train.add_argument("--run", metavar="DIR", help="run folder (default: runs/ and a name that says the question)")
    train.add_argument(
        "--keep-weights", metavar="WHICH", help="keep trained weights in the run folder: best (of each setting) or all"
    )
    train.add_argument(
        "--address", metavar="RAY", help="a Ray cluster to join, HOST:PORT or auto (default: this machine alone)"
    )
    train.add_argument("--gpus-per-trial", metavar="F", help="share of a GPU for each trial (default: what it needs)")
    train.add_argument(
        "--storage",
        metavar="URL",
        help="of Optuna's, such as sqlite:///study.db, to follow the run in optuna-dashboard",
    )
    return parser


def racing() -> Parser:
    """The option that makes of a fixed number of seeds the most there may be."""
    parser = Parser(add_help=False)
    race = parser.add_argument_group("the race")
    race.add_argument(
        "--race", action="store_true", help="add seeds until the verdict is decided, --seeds at most: write 10 to 20"
    )
    return parser


def measuring() -> Parser:
    """The options that say what is timed, and where."""
    parser = Parser(add_help=False)
    parser.add_argument("--measure", action="store_true", help="run them: latency with its spread, throughput, memory")
    parser.add_argument("--device", metavar="NAME", help="cpu (default), cuda or mps, of what is measured")
    parser.add_argument("--batch", metavar="N", help="images at a time, of what is measured (default 1)")
    return parser
