"""The families of the tree, one file each: their parts, and the rules from the papers' names to sentences.

Every module in this folder is imported with the package, so that a new block is one new file.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
