"""Several networks as one: the mean of their logits, by one wider network.

Networks that differ only by chance make different mistakes, and the mean of their logits has fewer of them.
The networks stand side by side: matrices are blocks on a diagonal, and the other weights follow one another.
`tastemaker.models.encoder` normalizes the columns of each network separately.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.algorithms.network import Network

Array = NDArray[np.float32]

MATRICES = ("qkv.weight", "attention_out.weight", "ffn_in.weight", "ffn_out.weight")
OUTPUT = ("norm.weight", "norm.bias", "context")
"""The weights that make the vector that items are multiplied with. Each network has an equal share of it."""


def merged(networks: Sequence[Network]) -> dict[str, Array]:
    """The weights of all networks, by the names of `Network.exported`. Their shapes must be equal."""
    each = [network.exported() for network in networks]
    return {name: _joined(name, [weights[name] for weights in each]) for name in each[0]}


def biases(networks: Sequence[Network]) -> Array:
    """The mean of the networks' item biases: float32[items]."""
    each = [network.bias.detach().float().cpu().numpy() for network in networks]
    mean: Array = np.mean(each, axis=0, dtype=np.float32)
    return mean


def _joined(name: str, parts: Sequence[Array]) -> Array:
    if len(parts) == 1:
        return parts[0]
    if name in OUTPUT:
        return np.concatenate(parts, -1) / np.float32(len(parts))
    if name.endswith(MATRICES):
        return _diagonal(parts, 3 if "qkv" in name else 1)  # queries, keys and values
    return np.concatenate(parts, -1)


def _diagonal(parts: Sequence[Array], beside: int) -> Array:
    """The matrices as blocks on a diagonal. Each consists of `beside` matrices side by side."""
    count, (rows, columns) = len(parts), parts[0].shape
    wide = columns // beside
    found = np.zeros((count, rows, beside, count, wide), np.float32)
    for place, part in enumerate(parts):
        found[place, :, :, place] = part.reshape(rows, beside, wide)
    return found.reshape(count * rows, beside * count * wide)
