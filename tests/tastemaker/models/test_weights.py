"""The encoder's weights as one array with a layout."""

import numpy as np

from tastemaker.models.weights import pack, unpack

WEIGHTS = {
    "start": np.arange(2, dtype=np.float32),
    "layers.0.qkv.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "layers.0.attention_out.weight": np.ones((2, 2), np.float32),
    "layers.0.ffn_in.bias": np.full(3, 2.0, np.float32),
    "layers.0.ffn_out.bias": np.full(2, 3.0, np.float32),
}


def test_unpack_restores_what_pack_wrote() -> None:
    flat, layout = pack(WEIGHTS)
    found = unpack(flat, layout)
    assert list(found) == list(WEIGHTS)
    assert all(np.array_equal(found[name], weight) for name, weight in WEIGHTS.items())


def test_layout_keeps_the_names_of_format_version_1() -> None:
    _, layout = pack(WEIGHTS)
    assert layout == {
        "start": [0, [2]],
        "layers.0.mix.weight": [2, [2, 3]],
        "layers.0.read.weight": [8, [2, 2]],
        "layers.0.widen.bias": [12, [3]],
        "layers.0.narrow.bias": [15, [2]],
    }


def test_unpack_returns_views() -> None:
    flat, layout = pack(WEIGHTS)
    assert all(
        weight.base is not None and np.shares_memory(weight, flat) for weight in unpack(flat, layout).values()
    )
