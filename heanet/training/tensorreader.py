"""The program that reads .pt files in a process of its own (heanet.apart).

They are pickles. Nothing but tensors is unpickled, and what comes back is safetensors: plain
numbers, which no file can make run anything.
"""

import io
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import save

from heanet.apart import Apart, serve
from heanet.errors import CheckpointError

MAX_BYTES = 64 * 2**20  # the published ones have 0.7 MB
SECONDS = 60
MEMORY = 2**30

TENSORS = Apart("heanet.training.tensorreader", seconds=SECONDS, memory=MEMORY)


def answer(data: bytes, options: dict[str, Any]) -> bytes:  # noqa: ARG001 - as heanet.apart asks
    """The tensors of a .pt file as safetensors.

    Raises:
        CheckpointError: The file is damaged, or does not hold plain tensors by name.
    """
    try:
        # The published files were saved on a GPU.
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise CheckpointError(
            "The file is damaged, or holds something else than tensors",
            expected="a PyTorch state dict",
            fix="Fetch it again.",
        ) from error
    if not isinstance(state, Mapping) or not all(map(_is_plain, state.keys(), state.values())):
        raise CheckpointError(
            "The file does not hold tensors by name", expected="a PyTorch state dict"
        )
    # A tensor of a thousand numbers may claim to be a view of any size on one of them.
    if sum(value.numel() * value.element_size() for value in state.values()) > 2 * MAX_BYTES:
        raise CheckpointError(
            "The tensors of the file are larger than the file", expected="a PyTorch state dict"
        )
    return save({key: value.detach().clone().contiguous() for key, value in state.items()})


def _is_plain(key: object, value: object) -> bool:
    """Whether an entry is a tensor that holds its numbers one by one, under a name."""
    return (
        isinstance(key, str)
        and isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and not value.is_quantized
        and not value.is_meta
    )


if __name__ == "__main__":
    serve(answer)
