"""The sequence encoder in numpy: it turns a user's newest events into one vector.

It computes the same as `training.algorithms.network.Network`, for one history, or for several of one length
at a time. Only the last position is needed, so the last layer computes its query there alone. Everything
before it needs all positions.

A sequence consists of tokens: a start token, which carries the user's attributes, and one token per event,
the sum of the item's vector and its event type's vector. Attention adds two learned biases per head: one by
distance in events, and one by the logarithm of the time between the attended event and the event to predict.

Several networks that were trained separately stand side by side as one wider network. Their matrices are
blocks on a diagonal, and each normalization covers the columns of one network.
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
    """The bucket of each time difference: the whole part of log2(seconds + 1), at most 31.

    Negative differences count as zero.
    """
    exact = seconds.astype(np.float64)
    exact += 1.0
    np.maximum(exact, 1.0, out=exact)
    exponent = exact.view(np.int64)  # the exponent bits: exact, and faster than a logarithm
    exponent >>= 52
    exponent -= 1023
    return np.minimum(exponent, TIME_BUCKETS - 1, out=exponent)


class Encoder:
    """The weights by name (see `Network.exported`), and the shape that they were made for.

    `shape` holds width, layers, heads, window (the most events that are read), and networks (1 by default).
    Width and heads are those of all networks together.
    """

    def __init__(self, weights: Mapping[str, Array], items: Array, shape: Mapping[str, Any]) -> None:
        """`items` is float32[items, width]: the sum of each item's own vector and its attributes' vectors."""
        self.weights, self.items = weights, items
        self.width, self.layers = int(shape["width"]), int(shape["layers"])
        self.own_width = self.width // int(shape.get("networks", 1))
        self.heads, self.window = int(shape["heads"]), int(shape["window"])
        self._folded = [self._fold(f"layers.{layer}.") for layer in range(self.layers)]
        # The bias of each distance and of each time bucket, by head.
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
        """The vector float32[width] of a user with these events (oldest first) at the time `now` (seconds).

        `user` is the sum of the vectors of the user's attributes, if there are any.
        """
        users = None if user is None else user[None]
        vector: Array = self.encode_equal(
            items[None], timestamps[None], event_types[None], np.array([now]), users
        )[0]
        return vector

    def encode_equal(
        self,
        items: NDArray[np.integer],
        timestamps: NDArray[np.integer],
        event_types: NDArray[np.integer],
        now: NDArray[np.integer],
        users: Array | None = None,
    ) -> Array:
        """The vectors float32[users, width] of users with equally many events, [users, events] each.

        `now` is [users], and `users` float32[users, width].
        """
        w = self.weights
        items, timestamps = items[:, -self.window :], timestamps[:, -self.window :].astype(np.int64)
        types = event_types[:, -self.window :].astype(np.int64)
        count, n = len(items), items.shape[1] + 1
        x = np.empty((count, n, self.width), np.float32)
        x[:, 0] = w["start"] if users is None else w["start"] + users
        x[:, 1:] = self.items[items]
        x[:, 1:] *= np.float32(np.sqrt(self.own_width))
        x[:, 1:] += w["types"][types + 1]

        asked = np.concatenate([timestamps, now[:, None]], 1)  # when the event after each token happens
        seen = np.concatenate([asked[:, :1], timestamps], 1)  # when each token happened
        for layer in range(self.layers - 1):
            x = self._layer(layer, x, time_buckets(asked[:, :, None] - seen[:, None, :]))
        x = self._layer(self.layers - 1, x, time_buckets(asked[:, -1:, None] - seen[:, None, :]))
        vectors: Array = self._normalized(x[:, 0]) * w["norm.weight"] + w["norm.bias"]
        return vectors

    def _fold(self, name: str) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
        """One layer's matrices, multiplied with the scales around them.

        Those are the scales of the preceding normalizations, and the scale of attention's logits.
        """
        w, width = self.weights, self.width
        scale = np.ones(3 * width, np.float32)
        scale[:width] = np.float32((width // self.heads) ** -0.5)
        qkv, ffn_in = w[name + "qkv.weight"] * scale, w[name + "ffn_in.weight"]
        return (
            w[name + "norm1.weight"][:, None] * qkv,  # queries, keys and values side by side
            w[name + "norm1.bias"] @ qkv,
            w[name + "attention_out.weight"],
            w[name + "norm2.weight"][:, None] * ffn_in,
            w[name + "norm2.bias"] @ ffn_in + w[name + "ffn_in.bias"],
            w[name + "ffn_out.weight"],
            w[name + "ffn_out.bias"],
        )

    def _layer(self, layer: int, x: Array, buckets: NDArray[np.int64]) -> Array:
        """All positions after one layer, or only the last of them: as many as `buckets` has.

        `x` is [users, n, width], and `buckets` [users, rows, n].
        """
        qkv, qkv_bias, attention_out, ffn_in, ffn_in_bias, ffn_out, ffn_out_bias = self._folded[layer]
        count, n, width = x.shape
        rows, depth = buckets.shape[1], width // self.heads
        flat = x.reshape(-1, width)
        h = self._normalized(flat)
        keys_values = (h @ qkv[:, width:] + qkv_bias[width:]).reshape(count, n, 2, self.heads, depth)
        last = h.reshape(count, n, width)[:, n - rows :].reshape(-1, width)
        query = (
            (last @ qkv[:, :width] + qkv_bias[:width])
            .reshape(count, rows, self.heads, depth)
            .transpose(0, 2, 1, 3)
        )
        key, value = keys_values[:, :, 0].transpose(0, 2, 3, 1), keys_values[:, :, 1].transpose(0, 2, 1, 3)
        attention = query @ key  # [users, heads, rows, n]
        by_time = self._time[layer].take(buckets, axis=1)  # [heads, users, rows, n]
        attention += by_time.transpose(1, 0, 2, 3)
        attention += self._by_distance(layer, n)[:, n - rows :]
        attention -= attention.max(-1, keepdims=True)
        np.exp(attention, out=attention)
        mixed = attention @ value
        mixed /= attention.sum(-1, keepdims=True)
        x = (
            x[:, n - rows :].reshape(-1, width)
            + mixed.transpose(0, 2, 1, 3).reshape(-1, width) @ attention_out
        )
        h = self._normalized(x) @ ffn_in
        h += ffn_in_bias
        x += _gelu(h) @ ffn_out
        x += ffn_out_bias
        return x.reshape(count, rows, width)

    def _normalized(self, x: Array) -> Array:
        """Each row's columns of each network with mean 0 and variance 1."""
        return _standardized(x.reshape(-1, self.own_width)).reshape(x.shape)

    def _by_distance(self, layer: int, n: int) -> Array:
        """The bias of attending from each row to each column: float32[heads, n, n], a view.

        Later positions get `MASKED`. Each row is the row above, shifted by one.
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
    """GELU in its tanh form, as in torch. It overwrites `x`."""
    inner = x * x
    inner *= np.float32(np.sqrt(2 / np.pi) * 0.044715)
    inner += np.float32(np.sqrt(2 / np.pi))
    inner *= x
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= np.float32(0.5)
    x *= inner
    return x
