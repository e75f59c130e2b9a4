"""The sequence encoder in numpy: a user's newest events in, one vector out.

The same arithmetic as `training.algorithms.transformer.Encoder`, for one history at a time. Only the last
position
is asked for, so the last layer computes its query there alone; everything before it needs all positions.

A sequence of tokens: a start token (which carries the user's attributes), then one token per event, the sum
of the item's vector and its event type's vector. Attention adds two learned biases per head: by distance in
events, and by the logarithm of the time between the event that is looked at and the event that is to be
predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
TIME_BUCKETS = 32
MASKED = np.float32(-1e9)


def time_buckets(seconds: NDArray[np.integer]) -> NDArray[np.int64]:
    """Bucket of a time difference: the whole part of log2(seconds + 1), at most 31. Negative counts as
    zero.
    """
    exact = seconds.astype(np.float64)
    exact += 1.0
    np.maximum(exact, 1.0, out=exact)
    exponent = exact.view(np.int64)  # exact, where a logarithm may not be, and quick
    exponent >>= 52
    exponent -= 1023
    return np.minimum(exponent, TIME_BUCKETS - 1, out=exponent)


class Encoder:
    """Weights by name (see `NAMES` in `training.algorithms.transformer`) and the shape they were made for.

    `shape` holds width, layers, heads and window (the most events that are read).
    """

    def __init__(self, weights: Mapping[str, Array], items: Array, shape: Mapping[str, Any]) -> None:
        """`items` is float32[items, width]: each item's vector, id and attributes together."""
        self.weights, self.items = weights, items
        self.width, self.layers = int(shape["width"]), int(shape["layers"])
        self.heads, self.window = int(shape["heads"]), int(shape["window"])
        self._folded = [self._fold(f"layers.{layer}.") for layer in range(self.layers)]
        # By head: the bias of each distance and of each time bucket.
        self._distance = [np.ascontiguousarray(table.T) for table in weights["distance"]]
        self._time = [np.ascontiguousarray(table.T) for table in weights["time"]]

    def encode(
        self,
        items: NDArray[np.integer],
        timestamps: NDArray[np.integer],
        event_types: NDArray[np.integer],
        now: int,
        user: Array | None = None,
    ) -> Array:
        """The vector float32[width] of somebody with these events (oldest first) who asks at `now` (seconds).

        `user` is the sum of the vectors of the user's attributes, if there are any.
        """
        w = self.weights
        items, timestamps = items[-self.window :], timestamps[-self.window :].astype(np.int64)
        kinds = event_types[-self.window :].astype(np.int64)
        n = len(items) + 1
        x = np.empty((n, self.width), np.float32)
        x[0] = w["start"] if user is None else w["start"] + user
        x[1:] = self.items[items]
        x[1:] *= np.float32(np.sqrt(self.width))
        x[1:] += w["types"][kinds + 1]

        asked = np.append(timestamps, now)  # when the event after each token happens
        seen = np.concatenate([asked[:1], timestamps])  # when each token happened
        for layer in range(self.layers - 1):
            x = self._layer(layer, x, time_buckets(asked[:, None] - seen[None, :]))
        x = self._layer(self.layers - 1, x, time_buckets(asked[-1:, None] - seen[None, :]))
        return (_standardized(x) * w["norm.weight"] + w["norm.bias"])[0]

    def _fold(self, name: str) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
        """A layer's matrices with the scales around them multiplied in: those of the normalizations before
        them, and of attention's logits.
        """
        w, width = self.weights, self.width
        scale = np.ones(3 * width, np.float32)
        scale[:width] = np.float32((width // self.heads) ** -0.5)
        mix, widen = w[name + "mix.weight"] * scale, w[name + "widen.weight"]
        return (
            w[name + "norm1.weight"][:, None] * mix,  # queries, keys and values side by side
            w[name + "norm1.bias"] @ mix,
            w[name + "read.weight"],
            w[name + "norm2.weight"][:, None] * widen,
            w[name + "norm2.bias"] @ widen + w[name + "widen.bias"],
            w[name + "narrow.weight"],
            w[name + "narrow.bias"],
        )

    def _layer(self, layer: int, x: Array, buckets: NDArray[np.int64]) -> Array:
        """All positions after one layer, or only the last `len(buckets)` of them."""
        mix, mix_bias, read, widen, widen_bias, narrow, narrow_bias = self._folded[layer]
        n, rows, width, depth = len(x), len(buckets), self.width, self.width // self.heads
        h = _standardized(x)
        keys_values = h @ mix[:, width:] + mix_bias[width:]
        query = (
            (h[n - rows :] @ mix[:, :width] + mix_bias[:width]).reshape(rows, -1, depth).transpose(1, 0, 2)
        )
        key = keys_values[:, :width].reshape(n, -1, depth).transpose(1, 2, 0)
        value = keys_values[:, width:].reshape(n, -1, depth).transpose(1, 0, 2)
        attention = query @ key
        attention += self._time[layer].take(buckets, axis=1)
        attention += self._by_distance(layer, n)[:, n - rows :]
        attention -= attention.max(-1, keepdims=True)
        np.exp(attention, out=attention)
        mixed = attention @ value
        mixed /= attention.sum(-1, keepdims=True)
        x = x[n - rows :] + mixed.transpose(1, 0, 2).reshape(rows, width) @ read
        h = _standardized(x) @ widen
        h += widen_bias
        x += _gelu(h) @ narrow
        x += narrow_bias
        return x

    def _by_distance(self, layer: int, n: int) -> Array:
        """float32[heads, n, n], a view: the bias of looking from each row at each column, `MASKED` at what
        comes later. A row is the row above, moved by one.
        """
        table = np.full((self.heads, 2 * n - 1), MASKED, np.float32)
        table[:, :n] = self._distance[layer][:, n - 1 :: -1]
        head, step = table.strides
        return np.ndarray(
            (self.heads, n, n), np.float32, table, offset=(n - 1) * step, strides=(head, -step, step)
        )


def _standardized(x: Array) -> Array:
    """Each row with mean 0 and variance 1."""
    x = np.subtract(x, np.add.reduce(x, axis=1, keepdims=True) / x.shape[1], dtype=np.float32)
    squares = np.einsum("ij,ij->i", x, x)[:, None] / x.shape[1]
    squares += np.float32(1e-5)
    x /= np.sqrt(squares, out=squares)
    return x


def _gelu(x: Array) -> Array:
    """The tanh form, which torch offers as well. Overwrites `x`."""
    inner = x * x
    inner *= np.float32(np.sqrt(2 / np.pi) * 0.044715)
    inner += np.float32(np.sqrt(2 / np.pi))
    inner *= x
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= np.float32(0.5)
    x *= inner
    return x
