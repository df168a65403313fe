"""The images of a trial: where they are found, how they are checked, and which of them train and which validate."""

from search.data.images import DataError, DataNameError, DataSet, Images, Indices, Labels, Pixels, digest_of
from search.data.mnist import FILES
from search.data.names import NAMES, best_available, load, refuse_unnamed
from search.data.split import resized, split

__all__ = [
    "FILES",
    "NAMES",
    "DataError",
    "DataNameError",
    "DataSet",
    "Images",
    "Indices",
    "Labels",
    "Pixels",
    "best_available",
    "digest_of",
    "load",
    "refuse_unnamed",
    "resized",
    "split",
]
