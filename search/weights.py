"""Weights of other implementations into the same network, read so that nothing in a file is ever run."""

import re
import tomllib
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from search.errors import UsageError
from search.matching import SHORTCUTS, Layer, UnclearError, matched, trimmed
from space import Arch, trace
from space.graph import Graph
from space.module import build_graph

State = dict[str, Tensor]

MOST_TENSORS = 100_000
WRAPPERS = ("state_dict", "model", "model_state_dict", "model_state", "net")
"""Names under which training programs put the state dict in a checkpoint."""

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
COUNTS = "num_batches_tracked"


def read(path: Path) -> State:
    """The tensors of a file, by name and in its order; `UsageError` in one line where it holds anything else."""
    try:
        found = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    except FileNotFoundError:
        raise UsageError(f"--weights: there is no file {str(path)!r}") from None
    except OSError as error:
        raise UsageError(f"--weights: {str(path)!r} cannot be read: {error.strerror or error}") from None
    return _checked(_unwrapped(found, path), path)


def _safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise _refused(path, f"is no whole safetensors file ({_first_line(error)})") from None


def sentence_of(path: Path) -> str | None:
    """The network that the file says it is of, if it is one of ours."""
    if path.suffix != ".safetensors":
        return None
    from safetensors import safe_open  # of the extra `export`

    with safe_open(path, "pt") as file:
        return (file.metadata() or {}).get("sentence")


def _pickled(path: Path) -> object:
    """What torch.save wrote, if it is tensors and plain containers: nothing else is unpickled."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            number = len(archive.namelist())
        if number > MOST_TENSORS:
            raise _refused(path, f"holds {number:,} parts; {MOST_TENSORS:,} tensors is the most")
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # of pickles as torch does not write them: what comes of it counts
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError:
        raise _refused(path, "holds more than tensors, or no pickle at all; nothing of it was run") from None
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 -- torch names no class for what a damaged file may do to it
        raise _refused(path, f"is damaged ({_first_line(error)})") from None


def _unwrapped(found: object, path: Path) -> Mapping[object, object]:
    """The state dict, out of the checkpoint it may be in."""
    while isinstance(found, dict) and (names := [name for name in WRAPPERS if isinstance(found.get(name), dict)]):
        found = found[names[0]]
    if not isinstance(found, dict) or not found:
        raise _refused(path, f"is no state dict: it holds {type(found).__name__ if found else 'nothing'}")
    return found


def _checked(found: Mapping[object, object], path: Path) -> State:
    """Tensors of finite numbers by name, without the counts of batches and without `module.` before names."""
    if len(found) > MOST_TENSORS:
        raise _refused(path, f"holds {len(found):,} tensors; {MOST_TENSORS:,} is the most")
    state: State = {}
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise _refused(path, f"holds {str(name)[:60]!r}, which is no tensor but {type(value).__name__}")
        if name.rpartition(".")[2] == COUNTS:
            continue
        if value.dtype not in FLOATS or value.layout != torch.strided:
            raise _refused(path, f"holds {name[:60]!r} of type {value.dtype}; weights are floating point numbers")
        if not value.isfinite().all():
            what = "whose numbers are not all finite, as after a training that diverged"
            raise _refused(path, f"holds {name[:60]!r}, {what}")
        state[name.removeprefix("module.")] = value
    return state


def loaded(arch: Arch, state: State) -> nn.Module:
    """The network with the weights of a state dict of the same network; `UsageError` where they do not fit it."""
    graph = trace(arch)
    model = build_graph(graph)
    if any(tensor.dtype == torch.float64 for tensor in state.values()):
        model = model.double()
    model.load_state_dict(fitted(graph, model, state), strict=False)  # without the counts of batches
    return model


def fitted(graph: Graph, model: nn.Module, state: State) -> State:
    """The state dict with our names and shapes: as it is, by the rules of a known layout, or by order and shape."""
    wanted = {name: value for name, value in model.state_dict().items() if not name.endswith(COUNTS)}
    state = {name: value for name, value in state.items() if not name.endswith(COUNTS)}
    for renamed in (state, *_by_rules(state)):
        if renamed.keys() == wanted.keys():
            return _shaped(renamed, wanted)
    try:
        names = matched(graph, layers(state))
    except UnclearError as error:
        raise UsageError(f"--weights: not of this network: {error}") from None
    ours = {f"{name}.{leaf}": f"{names[name]}.{leaf}" for name, leaf in map(_halves, wanted)}
    if missing := [theirs for theirs in ours.values() if theirs not in state]:
        raise UsageError(f"--weights: not of this network: the file has no {missing[0]}")
    return _shaped({name: state[theirs] for name, theirs in ours.items()}, wanted)


def _shaped(state: State, wanted: Mapping[str, Tensor]) -> State:
    """Each tensor in the shape of ours: a linear layer's may be a 1x1 convolution's."""
    for name, tensor in state.items():
        if trimmed(tensor.shape) != trimmed(wanted[name].shape):
            shapes = (tuple(tensor.shape), tuple(wanted[name].shape))
            raise UsageError(f"--weights: {name} has the shape {shapes[0]} in the file; the network's has {shapes[1]}")
    return {name: tensor.reshape(wanted[name].shape) for name, tensor in state.items()}


def layers(state: State) -> list[Layer]:
    """The layers of a state dict in its order."""
    leaves: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        name, leaf = _halves(key)
        leaves.setdefault(name, {})[leaf] = value
    found = []
    for name, values in leaves.items():
        if "weight" not in values:
            raise UsageError(f"--weights: not of this network: {name[:60]!r} has {', '.join(values)} and no weight")
        aside = any(word in name for word in SHORTCUTS)
        norm, shape = "running_mean" in values, trimmed(values["weight"].shape)
        found.append(Layer(name, shape, norm, "bias" in values, aside))
    return found


def _halves(key: str) -> tuple[str, str]:
    name, _, leaf = key.rpartition(".")
    return name, leaf


@cache
def layouts() -> dict[str, list[tuple[str, str]]]:
    """The rules of every known layout: patterns of names, and what stands for them here; in order."""
    tables = tomllib.loads(files("search").joinpath("layouts.toml").read_text(encoding="utf-8"))
    own = {name: [(pattern, ours) for pattern, ours in table["rules"]] for name, table in tables.items()}
    return {name: own[name] + own.get(table.get("like", ""), []) for name, table in tables.items()}


def _by_rules(state: State) -> Iterator[State]:
    """The state dict as each layout renames it."""
    for rules in layouts().values():
        yield {_renamed(name, rules): tensor for name, tensor in state.items()}


def _renamed(name: str, rules: list[tuple[str, str]]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return re.sub(r"<(\d+)(?:\+(\d+))?>", lambda found: str(int(found[1]) + int(found[2] or 1)), name)


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"--weights: {str(path)!r} {why}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:80]
