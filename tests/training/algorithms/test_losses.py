"""The chunked softmax against torch's own cross-entropy."""

import torch
import torch.nn.functional as functional

from training.algorithms import losses


def inputs(events: int = 1100, items: int = 37, width: int = 8) -> list[torch.Tensor]:
    torch.manual_seed(0)
    parts = [torch.randn(events, width), torch.randn(items, width), torch.randn(items)]
    return [part.double().requires_grad_() for part in parts]


def test_full_softmax_equals_cross_entropy() -> None:
    hidden, table, bias = inputs()
    target, weight = torch.randint(0, 37, (1100,)), torch.rand(1100).double()
    loss = losses.FullSoftmax.apply(hidden, table, bias, target, weight)
    (3 * loss).backward()
    mine = [part.grad.clone() for part in (hidden, table, bias)]
    for part in (hidden, table, bias):
        part.grad = None
    every = functional.cross_entropy(hidden @ table.t() + bias, target, reduction="none")
    plain = (every * weight).sum() / weight.sum()
    (3 * plain).backward()
    assert torch.allclose(loss, plain)
    for found, part in zip(mine, (hidden, table, bias), strict=True):
        assert torch.allclose(found, part.grad)


def test_sampling_all_items_evenly_equals_the_full_softmax() -> None:
    hidden, table, bias = inputs(events=50)
    target, weight = torch.randint(0, 37, (50,)), torch.ones(50).double()
    even = torch.full((37,), -torch.log(torch.tensor(37.0)).item()).double()
    same = target[:, None] == torch.arange(37)[None]
    sampled = losses.sampled_softmax(
        hidden, table[target], bias[target], even[target], table, bias, even, same, weight
    )
    assert torch.allclose(sampled, functional.cross_entropy(hidden @ table.t() + bias, target))
