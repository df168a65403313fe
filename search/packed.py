"""Weights as the bytes of a safetensors file."""

from torch import nn


def packed(model: nn.Module, sentence: str) -> bytes:
    """The state dict, with the network's sentence in the metadata."""
    from safetensors.torch import save  # of the extra `export`

    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    return save(state, metadata={"format": "pt", "sentence": sentence})
