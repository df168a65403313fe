"""`explore export`: take a network home."""

from argparse import Namespace
from pathlib import Path

from search.errors import UsageError
from search.subject import subject
from search.words import one_of, writable
from space.fuse import Fusion

KEPT = "kept"
"""For a file of weights: that of a run."""
FORMS = ("torch", "onnx", "torchscript", "safetensors", "python")


def run(options: Namespace) -> int:
    """Write the file, and say what it holds."""
    form = one_of("--to", options.to, FORMS)
    path = writable("--output", options.output)
    found = subject(options.network)
    from search.export import Network, write  # imports torch
    from search.weights import loaded, read

    if options.weights == KEPT and not found.weights:
        whose = found.note or f"{found.name} is no trial of a run"
        raise UsageError(f"--weights: none are kept ({whose}); train with explore … --keep-weights best")
    file = found.weights if options.weights in (None, KEPT) else options.weights
    state = read(Path(file)) if file else None
    model = loaded(found.arch, state) if state is not None else None
    network = Network.of(found.name, found.arch, model, short=options.fuse)
    write(network, form, path)
    said = [f"{path}: {found.name}" + (f" ({found.note})" if found.note else "")]
    said += [f"weights: {file}" if file else "weights: initialised from a seed of 0"] if form != "python" else []
    print(*said, *(_report(network.fusion) if network.fusion else ()), sep="\n")
    return 0


def _report(fusion: Fusion) -> list[str]:
    """What was fused, what was not and why, and what became of the parameters."""
    before, after = fusion.params
    lines = [f"fused: {finding}" for finding in fusion.done] or ["fused: nothing"]
    lines += [f"left: {finding}" for finding in fusion.left]
    return [*lines, f"parameters: {before:,} -> {after:,} ({after - before:+,})"]
