"""The options of every command, and what --help says of them."""

from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable

from search.help import ABLATIONS, COSTS, EPILOG, PURPOSE, SPACES, SWEEPS, TRAININGS
from search.option_groups import TOLERANCE, measuring, question, racing, training
from search.parser import Parser

BAG = "warm-up,no-bias-decay,zero-gamma,cosine,label-smoothing,mixup"
"""The refinements of He et al. (2019) that any network and data set can have, in the order of their tables."""


def _explore() -> Parser:
    return Parser(
        "explore",
        parents=[question(), training(), racing()],
        description=PURPOSE,
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )


def _plan() -> Parser:
    what = "The settings of an axis, nothing trained. Takes the options of the main job, so that it can be previewed."
    parser = Parser("explore plan", parents=[question(), training(), racing()], description=what)
    parser.add_argument("--proxies", action="store_true", help="the small networks that would be trained, too")
    parser.add_argument("--estimate", action="store_true", help="train a few steps to say what all will take")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _cost() -> Parser:
    parser = Parser("explore cost", parents=[measuring()], description=COSTS)
    parser.add_argument("network", nargs="*", help="names or sentences")
    parser.add_argument("--all", action="store_true", help="every named network")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: the network's own)")
    parser.add_argument("--counters", action="store_true", help="as fvcore, torch, pycls, mmcv and Keras count, too")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _show() -> Parser:
    parser = Parser("explore show", description="A network's sentence, its stage table, and a drawing of its blocks.")
    parser.add_argument("network", nargs="?", help="name or sentence")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: the network's own)")
    parser.add_argument(
        "--plot", metavar="FILE.html", nargs="?", const=True, help="draw its blocks (default: NAME.html, here)"
    )
    return parser


def _space() -> Parser:
    what = "Networks of a design space, a sentence with choices in it, within budgets. Without one: those that ship."
    parser = Parser("explore space", description=what, epilog=SPACES, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("space", nargs="?", help="a space, or the name of one that ships")
    parser.add_argument("action", nargs="?", help="count; sample: uniformly; enumerate: in order of cost")
    parser.add_argument(
        "--budget", action="append", default=[], metavar="AMOUNT", help="4GFLOPs, 26Mparams, 12Mactivations, <=30Mcio"
    )
    parser.add_argument("--tolerance", metavar="F", default=TOLERANCE, help="around a budget (default 1%%)")
    parser.add_argument("--n", metavar="N", help="how many (default: 10 samples; all when enumerated)")
    parser.add_argument("--seed", metavar="S", help="of the samples: the same ones everywhere (default 0)")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side at which networks are costed")
    parser.add_argument("--output", metavar="FILE", help="write FILE.jsonl, FILE.csv or FILE.parquet")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _sweep() -> Parser:
    parser = Parser(
        "explore sweep",
        parents=[question(of_sweep=True), training(seeds=1, of="proposal")],
        description="Architecture and hyperparameters searched together: every candidate is within the budgets.",
        epilog=SWEEPS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("space", nargs="?", help="a design space, or the name of one that ships; without: --axis")
    look = parser.add_argument_group("the search")
    look.add_argument("--trials", metavar="N", help="different proposals to train (default 50)")
    look.add_argument(
        "--tune",
        metavar="F,F",
        help="hyperparameters to search as well: lr,weight_decay, lr=0.05..0.8 or decay=weights|all",
    )
    look.add_argument("--sampler", metavar="NAME", default="tpe", help="tpe (default), nsga2, gp, random or grid")
    look.add_argument("--scheduler", metavar="NAME", default="none", help="asha, hyperband or none (default)")
    look.add_argument(
        "--objective",
        metavar="NAME",
        action="append",
        help="loss (default) or error of validation; macs, params, activations or latency; several give a front",
    )
    return parser


def _ablate() -> Parser:
    parser = Parser(
        "explore ablate",
        parents=[training(seeds=5, of="list of tricks")],
        description="What each trick adds to the training of one network: without any, then with one more each time.",
        epilog=ABLATIONS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", metavar="NETWORK", help="name or sentence; trained as a small proxy")
    parser.add_argument("--tricks", metavar="T,T", default=BAG, help=f"in their order (default {BAG})")
    parser.add_argument("--plan", action="store_true", help="the settings only, nothing trained")
    return parser


def _train() -> Parser:
    parser = Parser(
        "explore train",
        parents=[training(of="network")],
        description="Networks by name, trained side by side: each is compared with the first.",
        epilog=TRAININGS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "network", metavar="NETWORK", nargs="+", help="name, sentence or NAME:SENTENCE, two of them at least"
    )
    parser.add_argument(
        "--equal", action="store_true", help="proxies that all cost what the first one's does (default: reduced alike)"
    )
    whole = "proxies with all blocks of their networks, narrower instead, as a sweep of a space trains them"
    parser.add_argument("--whole-depth", action="store_true", help=whole)
    parser.add_argument("--plan", action="store_true", help="only say what would be trained")
    return parser


def _report() -> Parser:
    what = "Make the report of a run again, from its folder alone; of several runs, one that compares them."
    parser = Parser("explore report", description=what)
    parser.add_argument("run", nargs="+", metavar="RUN", help="run folders")
    parser.add_argument("--text", action="store_true", help="print it for a terminal, and write no page")
    parser.add_argument("--importance", metavar="METHOD", help="of a sweep's choices: ped-anova (default) or fanova")
    parser.add_argument("--figure", metavar="NAME", help="save this figure alone (needs kaleido)")
    tables = "save this table: trials, settings; of several runs orders, differences, costs, recipes, study, scores"
    parser.add_argument("--table", metavar="NAME", help=tables)
    files = "a figure: .png, .svg, .pdf; a table: .csv, .parquet, .md, .tex; else the page: .html"
    parser.add_argument("--output", metavar="FILE", help=files)
    return parser


def _repeat() -> Parser:
    what = "Train trials of a run again, from their lines of its ledger, and say whether their numbers are the same."
    parser = Parser("explore repeat", description=what)
    parser.add_argument("run", metavar="RUN", help="run folder")
    parser.add_argument("trial", nargs="*", metavar="TRIAL", help="the start of a key, or a setting: its first seed")
    parser.add_argument("--sample", metavar="N", help="so many drawn at random (default 1, where none is named)")
    return parser


def _runs() -> Parser:
    parser = Parser("explore runs", description="The runs of a folder: how far each is, and what it says so far.")
    parser.add_argument("folder", nargs="?", default="runs", metavar="FOLDER", help="that holds them (default: runs)")
    parser.add_argument("--json", action="store_true", help="one record a run instead of lines")
    return parser


def _zoo() -> Parser:
    parser = Parser("explore zoo", description="Errors of the named networks' public weights against costs and speed.")
    parser.add_argument("--by", default="macs", metavar="MEASURE", help="macs (default), params, activations or speed")
    parser.add_argument("--device", metavar="NAME", help="that speed was measured on (default: the first)")
    parser.add_argument("--resolution", metavar="PIXELS", help="of the tests (default: all, each with its costs)")
    parser.add_argument("--family", metavar="NAME", action="append", help="such as resnet or densenet (default: all)")
    parser.add_argument("--plot", metavar="FILE", help="write the map, too: one HTML file")
    parser.add_argument("--json", action="store_true", help="one record a network and resolution instead of a table")
    return parser


def _export() -> Parser:
    what = "Take a network home: a file that needs nothing of ours. Of a run, its best setting or the one named."
    parser = Parser("explore export", description=what)
    parser.add_argument("network", metavar="NETWORK", help="name, sentence, or RUN[:TRIAL]")
    parser.add_argument("--to", metavar="FORM", required=True, help="torch, onnx, torchscript, safetensors or python")
    parser.add_argument("--output", metavar="FILE", required=True, help="the file to write")
    parser.add_argument("--weights", metavar="FILE", help="a state dict of any layout, or kept: the run's own")
    parser.add_argument("--fuse", action="store_true", help="fused for inference; says what was fused, and what not")
    return parser


def _recipe() -> Parser:
    what = "The recipes that ship; or one, by name or from a file, as a file in which every field says what it is."
    parser = Parser("explore recipe", description=what)
    parser.add_argument("recipe", nargs="?", metavar="NAME", help="a recipe that ships, or a file (TOML)")
    return parser


def _compare() -> Parser:
    what = "Networks side by side: costs, stages, sentences, what was published of them, and what was measured."
    parser = Parser("explore compare", parents=[measuring()], description=what)
    parser.add_argument("network", nargs="+", help="two or more names or sentences")
    parser.add_argument("--resolution", metavar="PIXELS", help="input side (default: each network's own)")
    return parser


COMMANDS: dict[str, Callable[[], Parser]] = {
    "explore": _explore,
    "plan": _plan,
    "cost": _cost,
    "show": _show,
    "space": _space,
    "sweep": _sweep,
    "train": _train,
    "ablate": _ablate,
    "report": _report,
    "repeat": _repeat,
    "runs": _runs,
    "zoo": _zoo,
    "recipe": _recipe,
    "export": _export,
    "compare": _compare,
}
