"""The encoder's weights as one array, because one file opens faster than thirty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Layout = dict[str, list[int | list[int]]]
"""By stored name: where a weight begins in the array, and its shape. It is kept in `bundle.json`."""

STORED_NAMES = {"qkv": "mix", "attention_out": "read", "ffn_in": "widen", "ffn_out": "narrow"}
"""Matrices of a layer, and what format version 1 of the bundle calls them."""

_NAMES = {stored: name for name, stored in STORED_NAMES.items()}


def pack(weights: Mapping[str, Array]) -> tuple[Array, Layout]:
    """All weights as float32[numbers], and their layout."""
    layout: Layout = {}
    start = 0
    for name, array in weights.items():
        layout[_renamed(name, STORED_NAMES)] = [start, list(array.shape)]
        start += array.size
    return np.concatenate([array.ravel() for array in weights.values()]).astype(np.float32), layout


def unpack(flat: Array, layout: Mapping[str, tuple[int, list[int]]]) -> dict[str, Array]:
    """The weights by name, as views of `flat`."""
    return {
        _renamed(stored, _NAMES): flat[start : start + int(np.prod(shape))].reshape(shape)
        for stored, (start, shape) in layout.items()
    }


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """`layers.0.mix.weight` → `layers.0.qkv.weight`, or the other way round."""
    return ".".join(names.get(part, part) for part in name.split("."))
