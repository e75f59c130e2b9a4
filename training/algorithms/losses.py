"""Softmax cross-entropy over a whole catalog, without ever holding a logit for every (event, item)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional

CHUNK = 512
"""The number of events whose logits are held at a time.

It is small enough for the cache, and large enough for the matrix product.
"""

ALIGNED = 16
"""Rows of logits are padded to a multiple of so many.

Otherwise most rows begin in the middle of a cache line, and writing a product takes twice the time.
"""

Offsets = Callable[[slice], Tensor]
"""What is added to the logits of some events: [events, items]."""


def multiplied_as(device: torch.device) -> torch.dtype:
    """The type of the numbers that are multiplied to logits and to their gradients on this device.

    A CPU with instructions for bfloat16 multiplies them twice as fast as float32.
    """
    # The public torch.cpu.get_capabilities is younger than the training image's torch.
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return torch.float32


class FullSoftmax(torch.autograd.Function):
    """The weighted mean cross-entropy of `hidden @ table.T + bias + offsets`.

    hidden is [events, width], table [items, width], bias [items], target [events], and weight [events] with a
    sum above 0. `offsets` gives [events, items] for some of the events, and None stands for zeros. No event's
    loss counts more than the logarithm of 1 / the smallest normal number (87 in float32). This limit does not
    change gradients. The forward pass computes the gradient while a chunk's logits are at hand, and the
    backward pass only scales it. Products have numbers of the type `dtype`. Sums over events, and results,
    have those of `hidden`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        table: Tensor,
        bias: Tensor,
        target: Tensor,
        weight: Tensor,
        dtype: torch.dtype,
        offsets: Offsets | None,
    ) -> Tensor:
        events, items = len(hidden), len(table)
        scale = weight / weight.sum()
        padding = -items % ALIGNED  # padded items have a chance of 0, and so a gradient of 0
        rows = functional.pad(table, (0, 0, 0, padding)).to(dtype)
        biases = functional.pad(bias, (0, padding), value=-1e9).to(dtype)
        grad_hidden = torch.empty_like(hidden)
        grad_rows = hidden.new_zeros(len(rows), hidden.shape[1] + 1)
        buffer = rows.new_empty(2, min(CHUNK, events), len(rows))
        loss = hidden.new_zeros(())
        for begin in range(0, events, CHUNK):
            h, y, w = (part[begin : begin + CHUNK] for part in (hidden, target, scale))
            logits, share = buffer[:, : len(h)]
            torch.addmm(biases, h.to(dtype), rows.t(), out=logits)
            if offsets is not None:
                logits[:, :items] += offsets(slice(begin, begin + CHUNK))
            torch.softmax(logits, 1, out=share)
            here = torch.arange(len(h), device=h.device)
            chance = share[here, y].to(loss.dtype).clamp(min=torch.finfo(loss.dtype).tiny)
            loss -= (chance.log() * w).sum()
            share[here, y] -= 1.0
            grad_hidden[begin : begin + CHUNK] = (share @ rows) * w[:, None]
            with_one = functional.pad(h, (0, 1), value=1.0) * w[:, None]  # one for the bias
            grad_rows += share.t() @ with_one.to(dtype)
        ctx.save_for_backward(grad_hidden, grad_rows[:items, :-1], grad_rows[:items, -1])
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, table, bias = ctx.saved_tensors
        return hidden * grad, table * grad, bias * grad, None, None, None, None


def full_softmax(
    hidden: Tensor,
    table: Tensor,
    bias: Tensor,
    target: Tensor,
    weight: Tensor,
    dtype: torch.dtype,
    offsets: Offsets | None = None,
) -> Tensor:
    """The loss of `FullSoftmax`: a scalar."""
    return cast(
        Tensor,
        FullSoftmax.apply(hidden, table, bias, target, weight, dtype, offsets),  # type: ignore[no-untyped-call]
    )


def sampled_softmax(
    hidden: Tensor,
    target_rows: Tensor,
    target_bias: Tensor,
    target_log_q: Tensor,
    negatives: Tensor,
    negative_bias: Tensor,
    negative_log_q: Tensor,
    same: Tensor,
    weight: Tensor,
) -> Tensor:
    """The weighted mean cross-entropy against sampled items.

    target_* belong to the events' own items, negative_* to items that the whole batch shares. `same` is
    bool[events, negatives] and marks negatives that are the event's own item. Each logit is corrected by the
    logarithm of how often its item is drawn (Bengio and Senécal, 2008), so that the sampled gradient
    estimates the full one.
    """
    positive = (hidden * target_rows).sum(1) + target_bias - target_log_q
    others = torch.addmm(negative_bias - negative_log_q, hidden, negatives.t()).masked_fill(same, -1e9)
    logits = torch.cat([positive[:, None], others], 1)
    target = torch.zeros(len(hidden), dtype=torch.long, device=hidden.device)
    return (functional.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
