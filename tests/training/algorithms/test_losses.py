"""The chunked softmax against torch's own cross-entropy."""

import pytest
import torch
import torch.nn.functional as functional

from training.algorithms import losses


def gradients(loss: torch.Tensor, parts: list[torch.Tensor]) -> list[torch.Tensor]:
    (3 * loss).backward()
    found = [part.grad for part in parts if part.grad is not None]
    for part in parts:
        part.grad = None
    return found


def inputs(events: int = 1100, items: int = 37, width: int = 8) -> list[torch.Tensor]:
    torch.manual_seed(0)
    parts = [torch.randn(events, width), torch.randn(items, width), torch.randn(items)]
    return [part.double().requires_grad_() for part in parts]


@pytest.mark.parametrize("items", [37, 48])
def test_full_softmax_equals_cross_entropy(items: int) -> None:
    parts = hidden, table, bias = inputs(items=items)
    target, weight = torch.randint(0, items, (1100,)), torch.rand(1100).double()
    loss = losses.full_softmax(hidden, table, bias, target, weight, torch.float64)
    mine = gradients(loss, parts)
    every = functional.cross_entropy(hidden @ table.t() + bias, target, reduction="none")
    plain = (every * weight).sum() / weight.sum()
    assert torch.allclose(loss, plain)
    for found, expected in zip(mine, gradients(plain, parts), strict=True):
        assert torch.allclose(found, expected)


def test_offsets_belong_to_an_event_and_an_item() -> None:
    parts = hidden, table, bias = inputs()
    target, weight, offsets = torch.randint(0, 37, (1100,)), torch.ones(1100).double(), torch.randn(1100, 37)
    loss = losses.full_softmax(hidden, table, bias, target, weight, torch.float64, lambda some: offsets[some])
    mine = gradients(loss, parts)
    plain = functional.cross_entropy(hidden @ table.t() + bias + offsets, target)
    assert torch.allclose(loss, plain)
    for found, expected in zip(mine, gradients(plain, parts), strict=True):
        assert torch.allclose(found, expected)


def test_full_softmax_of_half_precision_has_nearly_the_same_gradients_in_float32() -> None:
    parts = hidden, table, bias = [part.detach().float().requires_grad_() for part in inputs()]
    target, weight = torch.randint(0, 37, (1100,)), torch.rand(1100)
    exact, rounded = (
        losses.full_softmax(hidden, table, bias, target, weight, dtype)
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert torch.allclose(rounded, exact, rtol=1e-3)
    for found, expected in zip(gradients(rounded, parts), gradients(exact, parts), strict=True):
        assert found.dtype == torch.float32
        assert 0 < (found - expected).norm() < 0.02 * expected.norm()


def test_loss_of_an_impossible_item_is_finite_and_its_gradient_exact() -> None:
    hidden, table = torch.ones(1, 1), torch.tensor([[0.0], [-1000.0]], requires_grad=True)
    loss = losses.full_softmax(hidden, table, torch.zeros(2), torch.tensor([1]), torch.ones(1), torch.float32)
    loss.backward()
    assert torch.isfinite(loss) and loss > 80
    assert table.grad is not None and table.grad.flatten().tolist() == [1.0, -1.0]


def test_sampling_all_items_evenly_equals_the_full_softmax() -> None:
    hidden, table, bias = inputs(events=50)
    target, weight = torch.randint(0, 37, (50,)), torch.ones(50).double()
    even = torch.full((37,), -torch.log(torch.tensor(37.0)).item()).double()
    same = target[:, None] == torch.arange(37)[None]
    sampled = losses.sampled_softmax(
        hidden, table[target], bias[target], even[target], table, bias, even, same, weight
    )
    assert torch.allclose(sampled, functional.cross_entropy(hidden @ table.t() + bias, target))
