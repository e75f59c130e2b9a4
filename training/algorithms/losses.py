"""Softmax cross-entropy over a whole catalog, without ever holding a logit for every (event, item)."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional

CHUNK = 512
"""The number of events whose logits are held at a time.

It is small enough for the cache, and large enough for the matrix product.
"""


class FullSoftmax(torch.autograd.Function):
    """The weighted mean cross-entropy of `hidden @ table.T + bias`.

    hidden is [events, width], table [items, width], bias [items], target [events], and weight [events] with a
    sum above 0. The forward pass computes the gradient while a chunk's logits are at hand, and the backward
    pass only scales it.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, table: Tensor, bias: Tensor, target: Tensor, weight: Tensor
    ) -> Tensor:
        events, items = len(hidden), len(table)
        scale = weight / weight.sum()
        grad_hidden = torch.empty_like(hidden)
        grad_table, grad_bias = torch.zeros_like(table), torch.zeros_like(bias)
        buffer = hidden.new_empty(min(CHUNK, events), items)
        transposed = table.t()
        loss = hidden.new_zeros(())
        for start in range(0, events, CHUNK):
            h, y, w = (part[start : start + CHUNK] for part in (hidden, target, scale))
            logits = buffer[: len(h)]
            torch.addmm(bias, h, transposed, out=logits)
            here = torch.arange(len(h), device=h.device)
            highest = logits.amax(1, keepdim=True)
            wanted = logits[here, y]
            logits.sub_(highest).exp_()
            total = logits.sum(1, keepdim=True)
            loss += ((total.log() + highest).squeeze(1) - wanted).mul(w).sum()
            logits.mul_(w[:, None] / total)
            logits[here, y] -= w
            torch.mm(logits, table, out=grad_hidden[start : start + CHUNK])
            grad_table.addmm_(logits.t(), h)
            grad_bias += logits.sum(0)
        ctx.save_for_backward(grad_hidden, grad_table, grad_bias)
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, table, bias = ctx.saved_tensors
        return hidden * grad, table * grad, bias * grad, None, None


def full_softmax(hidden: Tensor, table: Tensor, bias: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """The loss of `FullSoftmax`: a scalar."""
    return cast(Tensor, FullSoftmax.apply(hidden, table, bias, target, weight))  # type: ignore[no-untyped-call]


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
