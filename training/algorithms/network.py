"""The transformer in torch, for training.

`tastemaker.models.encoder` computes the same in numpy, for serving.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tastemaker.models.encoder import MASKED, TIME_BUCKETS
from tastemaker.models.features import FeatureRows

LAZY_ITEMS = 20_000
"""With at least so many items, a training step moves only the vectors of the items that it reads."""


@dataclass(frozen=True)
class Shape:
    """The sizes of the network. `window` is the most events that it reads."""

    items: int
    item_features: int
    user_features: int
    context: int
    types: int
    width: int = 64
    layers: int = 2
    heads: int = 2
    window: int = 100
    dropout: float = 0.2
    id_dropout: float = 0.1
    """How often an item's own vector is left out, so that its attributes learn to represent it."""


@dataclass
class Batch:
    """Windows of users' histories, padded on the right. The tokens are a start token, then events.

    `items` and `types` are [windows, tokens]; the entries of the start token are not read. `seen` and `asked`
    are [windows, tokens], the times of the token's event and of the event to predict. `valid` holds the
    positions of real tokens in the flattened [windows * tokens], or None if all are real. `users` is
    [windows]. `target`, `weight` and `context` have one entry per valid token.
    """

    items: Tensor
    types: Tensor
    seen: Tensor
    asked: Tensor
    valid: Tensor | None
    users: Tensor
    target: Tensor
    weight: Tensor
    context: Tensor


def summed(values: Tensor, places: Tensor, size: int) -> Tensor:
    """The sums of `values` [n] by place: [size]."""
    if values.device.type == "cpu":
        return torch.bincount(places, values, minlength=size)
    return multiplied(values, places, size)


def multiplied(values: Tensor, places: Tensor, size: int) -> Tensor:
    """The same sums as a product.

    On a GPU, bincount would add in any order, and would wait for the largest place.
    """
    return values @ (places[:, None] == torch.arange(size, device=places.device)).to(values.dtype)


class Biases(torch.autograd.Function):
    """Attention's additive bias [heads, windows, n, n] from a table by distance and a table by time bucket.

    The gradient of a table is a histogram. The backward pass of `table[index]` is many times slower on a CPU.
    """

    @staticmethod
    def forward(
        ctx: Any, by_distance: Tensor, by_time: Tensor, distance: Tensor, buckets: Tensor, future: Tensor
    ) -> Tensor:
        heads, n = by_distance.shape[1], len(distance)
        near = by_distance.t()[:, distance.view(-1)].reshape(heads, n, n).masked_fill(future, float(MASKED))
        flat, windows = buckets.view(-1), len(buckets)
        out = by_time.new_empty(heads, windows, n, n)
        columns = by_time.t().contiguous()
        for head in range(heads):
            torch.index_select(columns[head], 0, flat, out=out[head].view(-1))
            out[head] += near[head]
        ctx.save_for_backward(distance, buckets, future)
        ctx.sizes = len(by_distance), len(by_time)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        distance, buckets, future = ctx.saved_tensors
        distances, times = ctx.sizes
        heads = len(grad)
        by_distance, by_time = grad.new_zeros(distances, heads), grad.new_zeros(times, heads)
        flat_distance, flat_buckets = distance.view(-1), buckets.view(-1)
        for head in range(heads):
            here = grad[head].sum(0).masked_fill(future, 0.0).reshape(-1)
            by_distance[:, head] = summed(here, flat_distance, distances)
            by_time[:, head] = summed(grad[head].reshape(-1), flat_buckets, times)
        return by_distance, by_time, None, None, None


def attention_biases(
    by_distance: Tensor, by_time: Tensor, distance: Tensor, buckets: Tensor, future: Tensor
) -> Tensor:
    """The bias of `Biases`: [heads, windows, n, n]."""
    return cast(Tensor, Biases.apply(by_distance, by_time, distance, buckets, future))  # type: ignore[no-untyped-call]


def time_buckets(seconds: Tensor) -> Tensor:
    """The buckets of `tastemaker.models.encoder.time_buckets`."""
    exponent = torch.frexp(seconds.clamp(min=0).double() + 1).exponent - 1
    return exponent.clamp(max=TIME_BUCKETS - 1).long()


class Layer(nn.Module):
    """Pre-norm attention and feed-forward. Only attention sees padding; the rest works on real tokens."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads, self.dropout = shape.heads, shape.dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.ffn_in, self.ffn_out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, bias: Tensor, valid: Tensor | None, windows: int, n: int) -> Tensor:
        width, heads = x.shape[1], self.heads
        depth = width // heads
        mixed = self.qkv(self.norm1(x))
        if valid is not None:
            mixed = mixed.new_zeros(windows * n, 3 * width).index_copy(0, valid, mixed)
        query, key, value = (
            mixed.view(windows, n, 3, heads, depth).permute(2, 3, 0, 1, 4).reshape(3, -1, n, depth)
        )
        attention = torch.baddbmm(bias, query, key.transpose(1, 2), alpha=depth**-0.5).softmax(-1)
        out = (attention @ value).view(heads, windows, n, depth).permute(1, 2, 0, 3).reshape(-1, width)
        if valid is not None:
            out = out.index_select(0, valid)
        x = x + functional.dropout(self.attention_out(out), self.dropout, self.training)
        wide = functional.gelu(self.ffn_in(self.norm2(x)), approximate="tanh")
        return x + functional.dropout(self.ffn_out(wide), self.dropout, self.training)


class Bags(nn.Module):
    """Weighted sums of attribute vectors, by row of a dataset.

    The rows are not learned, but move to the device with the network.
    """

    offsets: Tensor
    codes: Tensor
    weights: Tensor

    def __init__(self, rows: FeatureRows) -> None:
        super().__init__()
        for name in ("offsets", "codes", "weights"):
            array = np.ascontiguousarray(getattr(rows, name))
            self.register_buffer(name, torch.from_numpy(array), persistent=False)

    def forward(self, vectors: Tensor, which: Tensor) -> Tensor:
        """The sums for these rows: [rows, width]. `vectors` has one vector for each code."""
        starts = self.offsets[which]
        lengths = self.offsets[which + 1] - starts
        ends = lengths.cumsum(0)
        begins = ends - lengths
        total = int(ends[-1]) if len(ends) else 0
        places = torch.arange(total, device=ends.device)
        places += torch.repeat_interleave(starts - begins, lengths, output_size=total)
        return functional.embedding_bag(
            self.codes[places].long(),
            vectors,
            begins,
            mode="sum",
            per_sample_weights=self.weights[places],
        )


class Network(nn.Module):
    """The transformer.

    An item's vector is the sum of its own vector and its attributes' vectors. The same vectors are read and
    predicted.
    """

    def __init__(self, shape: Shape, item_features: FeatureRows, user_features: FeatureRows) -> None:
        super().__init__()
        self.shape = shape
        width, small = shape.width, 0.02
        self.ids = nn.Parameter(torch.randn(shape.items, width) * small)
        self.bias = nn.Parameter(torch.zeros(shape.items))
        self.item_features = nn.Parameter(torch.randn(max(shape.item_features, 1), width) * small)
        self.user_features = nn.Parameter(torch.zeros(max(shape.user_features, 1), width))
        self.context = nn.Parameter(torch.zeros(max(shape.context, 1), width))
        self.types = nn.Parameter(torch.randn(shape.types + 1, width) * small)
        self.start = nn.Parameter(torch.randn(width) * small)
        self.distance = nn.Parameter(torch.zeros(shape.layers, shape.window + 1, shape.heads))
        self.time = nn.Parameter(torch.zeros(shape.layers, TIME_BUCKETS, shape.heads))
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(width)
        for name, parameter in self.layers.named_parameters():
            if parameter.dim() == 2:
                into_stream = "attention_out" in name or "ffn_out" in name
                nn.init.normal_(parameter, std=small / math.sqrt(2 * shape.layers) if into_stream else small)
        self.of_items = Bags(item_features)
        self.of_users = Bags(user_features if len(user_features) else FeatureRows.empty(1))

    @property
    def lazy(self) -> bool:
        """Whether the gradients of `ids` and `bias` are sparse: only those of the rows that were read."""
        return self.shape.items >= LAZY_ITEMS

    def biases(self, rows: Tensor) -> Tensor:
        """The biases of some items."""
        return torch.gather(self.bias, 0, rows, sparse_grad=self.lazy)

    def table(self, rows: Tensor | None = None) -> Tensor:
        """The vectors of the whole catalog, or of some items: [items or rows, width]."""
        vectors = self.ids if rows is None else functional.embedding(rows, self.ids, sparse=self.lazy)
        if self.training and self.shape.id_dropout and self.shape.item_features:
            vectors = vectors * (torch.rand(len(vectors), 1, device=vectors.device) >= self.shape.id_dropout)
        if not self.shape.item_features:
            return vectors
        which = torch.arange(self.shape.items, device=vectors.device) if rows is None else rows
        attributes: Tensor = self.of_items(self.item_features, which)
        return vectors + attributes

    def forward(
        self,
        batch: Batch,
        table: Tensor,
        rows: Tensor | None = None,
        layered: Callable[..., Tensor] | None = None,
    ) -> Tensor:
        """The vectors of the valid tokens: [valid tokens, width].

        `rows` [windows, tokens] are places in `table`, by default the items themselves. `layered` may compute
        what the method of this name computes.
        """
        x = self._embedded(batch, table, rows)
        x = (layered or self.layered)(x, self._attention_biases(batch), batch.valid)
        if self.shape.context:
            codes = batch.context
            known = codes >= 0
            if self.training:  # so that training sees requests without context
                known = known & (torch.rand(len(codes), 1, device=codes.device) >= 0.3)
            x = x + (functional.embedding(codes.clamp(min=0), self.context) * known[..., None]).sum(1)
        return x

    def _embedded(self, batch: Batch, table: Tensor, rows: Tensor | None) -> Tensor:
        """What the layers read of each valid token."""
        windows, n = batch.items.shape
        width = self.shape.width
        places = batch.items if rows is None else rows
        x = table.index_select(0, places.reshape(-1)).view(windows, n, width) * math.sqrt(width)
        x = x + functional.embedding(batch.types + 1, self.types)
        start = self.start.expand(windows, width)
        if self.shape.user_features:
            attributes = self.of_users(self.user_features, batch.users)
            if self.training:  # so that training sees users without attributes
                attributes = attributes * (torch.rand(windows, 1, device=attributes.device) >= 0.2)
            start = start + attributes
        x = torch.cat([start[:, None], x[:, 1:]], 1).view(-1, width)
        return x if batch.valid is None else x.index_select(0, batch.valid)

    def _attention_biases(self, batch: Batch) -> tuple[Tensor, ...]:
        """The bias of each layer: [heads, windows, n, n]."""
        steps = torch.arange(batch.items.shape[1], device=batch.items.device)
        distance = (steps[:, None] - steps[None, :]).clamp(min=0)
        future = steps[:, None] < steps[None, :]
        buckets = time_buckets(batch.asked[:, :, None] - batch.seen[:, None, :])
        tables = zip(self.distance, self.time, strict=True)
        return tuple(attention_biases(near, by_time, distance, buckets, future) for near, by_time in tables)

    def layered(self, x: Tensor, biases: tuple[Tensor, ...], valid: Tensor | None) -> Tensor:
        """The vectors of the valid tokens after all layers, without anything that depends on values."""
        x = functional.dropout(x, self.shape.dropout, self.training)
        for layer, bias in zip(self.layers, biases, strict=True):
            windows, n = bias.shape[1:3]
            x = layer(x, bias.view(-1, n, n), valid, windows, n)
        return cast(Tensor, self.norm(x))

    def exported(self) -> dict[str, np.ndarray]:
        """The weights by the names that the numpy encoder reads. Matrices are laid out for `x @ w`."""
        names = ("item_features", "user_features", "context", "types", "start", "distance", "time")
        found = {name: getattr(self, name) for name in names}
        found |= {f"norm.{n}": p for n, p in self.norm.named_parameters()}
        for index, layer in enumerate(self.layers):
            for name, parameter in layer.named_parameters():
                found[f"layers.{index}.{name}"] = parameter.t() if parameter.dim() == 2 else parameter
        return {n: np.ascontiguousarray(p.detach().float().cpu().numpy()) for n, p in found.items()}
