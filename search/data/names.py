"""The data set that a name means."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from search.data import cifar, mnist, svhn
from search.data.cached import Tell
from search.data.digits import digits
from search.data.folder import folder
from search.data.hub import hub
from search.data.images import DataNameError, DataSet, digest_of
from search.data.places import home, is_folder
from search.data.procedural import procedural

LOADERS: Mapping[str, Callable[[], DataSet]] = {
    "digits": digits,
    "fashion-mnist": lambda: mnist.published("fashion-mnist"),
    "mnist": lambda: mnist.published("mnist"),
    "cifar10": lambda: cifar.published("cifar10"),
    "cifar100": lambda: cifar.published("cifar100"),
    "svhn": svhn.published,
    "procedural": procedural,
}
NAMES = f"{', '.join(LOADERS)}, folder:PATH or hf:NAME"


def load(name: str, tell: Tell = lambda _: None) -> DataSet:
    """The data set called `name`; one that is nowhere on this machine is downloaded. Raises DataError.

    A folder's name becomes its absolute path, so that it means the same from everywhere. What takes long is told.
    """
    found = _named(name, tell)
    return found if found.digest else replace(found, digest=digest_of(found))


def refuse_unnamed(name: str) -> None:
    """`DataNameError` where no data set is meant; whether what is meant is there takes `load`."""
    kind, colon, _ = name.partition(":")
    if name not in LOADERS and not (colon and kind in ("folder", "hf")):
        known = f"{name!r} is not known; write {NAMES}"
        raise DataNameError(f"--data: {known} (the nearest is {_nearest(name)})")


def _named(name: str, tell: Tell) -> DataSet:
    refuse_unnamed(name)
    kind, _, path = name.partition(":")
    if name in LOADERS:
        return LOADERS[name]()
    return folder(path, name, tell) if kind == "folder" else hub(path, name, tell)


def _nearest(name: str) -> str:
    kind, colon, path = name.partition(":")
    if colon and kind.lower() in ("folder", "hf"):
        return f"{kind.lower()}:{path}"
    return f"folder:{name}" if is_folder(home(name)) else get_close_matches(name.lower(), LOADERS, 1, cutoff=0)[0]


def best_available() -> str:
    """The most telling data set that needs no download: Fashion-MNIST where it is installed, else the digits."""
    return "fashion-mnist" if mnist.find("fashion-mnist") else "digits"
