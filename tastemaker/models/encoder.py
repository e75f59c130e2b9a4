"""The sequence encoder in numpy: a user's newest events in, one vector out.

The same arithmetic as `training.fit.transformer.Encoder`, for one history at a time. Only the last position
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
    exponent = (
        np.frexp(np.maximum(seconds, 0).astype(np.float64) + 1)[1] - 1
    )  # exact, where a logarithm may not be
    return np.minimum(exponent, TIME_BUCKETS - 1).astype(np.int64)


class Encoder:
    """Weights by name (see `NAMES` in `training.fit.transformer`) and the shape they were made for.

    `shape` holds width, layers, heads and window (the most events that are read).
    """

    def __init__(self, weights: Mapping[str, Array], items: Array, shape: Mapping[str, Any]) -> None:
        """`items` is float32[items, width]: each item's vector, id and attributes together."""
        self.weights, self.items = weights, items
        self.width, self.layers = int(shape["width"]), int(shape["layers"])
        self.heads, self.window = int(shape["heads"]), int(shape["window"])
        self._distances: dict[int, NDArray[np.int64]] = {}

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
        x[1:] = self.items[items] * np.float32(np.sqrt(self.width)) + w["types"][kinds + 1]

        asked = np.append(timestamps, now)  # when the event after each token happens
        seen = np.concatenate([asked[:1], timestamps])  # when each token happened
        buckets = time_buckets(asked[:, None] - seen[None, :])
        distances = self._distance(n)
        for layer in range(self.layers):
            x = self._layer(layer, x, distances, buckets, last=layer == self.layers - 1)
        return _normalise(x[-1:], w["norm.weight"], w["norm.bias"])[0]

    def _distance(self, n: int) -> NDArray[np.int64]:
        if n not in self._distances:
            places = np.arange(n)
            self._distances[n] = np.maximum(places[:, None] - places[None, :], 0)
        return self._distances[n]

    def _layer(self, layer: int, x: Array, distances: NDArray, buckets: NDArray, *, last: bool) -> Array:
        w, heads, width = self.weights, self.heads, self.width
        name = f"layers.{layer}."
        n, depth = len(x), width // heads
        h = _normalise(x, w[name + "norm1.weight"], w[name + "norm1.bias"])
        mixed = w[name + "mix.weight"]  # queries, keys and values side by side
        keys_values = h @ mixed[:, width:]
        rows = slice(n - 1, n) if last else slice(0, n)
        query = (h[rows] @ mixed[:, :width]).reshape(-1, heads, depth).transpose(1, 0, 2)
        key = keys_values[:, :width].reshape(n, heads, depth).transpose(1, 2, 0)
        value = keys_values[:, width:].reshape(n, heads, depth).transpose(1, 0, 2)
        attention = query @ key * np.float32(depth**-0.5)
        attention += w["distance"][layer].T[:, distances[rows]]
        attention += w["time"][layer].T[:, buckets[rows]]
        if not last:
            attention += np.triu(np.full((n, n), MASKED, np.float32), 1)
        attention -= attention.max(-1, keepdims=True)
        np.exp(attention, out=attention)
        attention /= attention.sum(-1, keepdims=True)
        read = (attention @ value).transpose(1, 0, 2).reshape(-1, width)
        x = np.add(x[rows], read @ w[name + "read.weight"], dtype=np.float32)
        h = _normalise(x, w[name + "norm2.weight"], w[name + "norm2.bias"])
        h = _gelu(h @ w[name + "widen.weight"] + w[name + "widen.bias"])
        return x + h @ w[name + "narrow.weight"] + w[name + "narrow.bias"]


def _normalise(x: Array, weight: Array, bias: Array) -> Array:
    x = x - x.mean(1, keepdims=True)
    return x / np.sqrt((x * x).mean(1, keepdims=True) + np.float32(1e-5)) * weight + bias


def _gelu(x: Array) -> Array:
    """The tanh form, which torch offers as well: both sides compute the same function."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (1 + np.tanh(inner))
