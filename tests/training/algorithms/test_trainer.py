"""Errors that would occur on a GPU, as far as they can be found without one.

A step runs on the device `meta`, whose tensors have shapes but no values. Sums of tensors of two devices, and
sizes that would wait for a GPU, are errors there. Indexes from another device are not.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tastemaker.models.ages import AgeCurve
from tastemaker.models.features import FeatureRows
from tastemaker.models.turnover import Activity, Turnover
from tests.training.distributed.averaging import ITEMS, batch, rows_of
from training.algorithms import batches, network, trainer, transformer
from training.algorithms.optimizer import Optimizer
from training.data.prepared import Ages, Prepared
from training.data.split import validation_cases
from training.errors import NotEnoughDataError


def moved(something):
    """The dataclass with its tensors on the device `meta`."""
    tensors = {name: value for name, value in vars(something).items() if isinstance(value, torch.Tensor)}
    return replace(something, **{name: value.to("meta") for name, value in tensors.items()})


def ages(*born: int) -> Ages:
    """Items that were born at these times, and that are wanted half as much after ten seconds."""
    times = np.array(born, np.int64)
    curve = AgeCurve(np.array([0.0, 10.0]), np.array([1.0, 0.5]), 0)
    return Ages(Turnover(20, 5), curve, Activity(times, times), 100)


def test_age_counts_at_the_time_of_the_event_and_later_items_do_not() -> None:
    interest = trainer.Interest(ages(0, 5, 30), torch.device("cpu"))
    found = interest.at(torch.tensor([7, 12, 100]))(slice(None)).exp()
    assert torch.allclose(found, torch.tensor([[1, 1, 0], [0.5, 1, 0], [0.5, 0.5, 0.5]]), atol=1e-6)
    paired = interest.of(torch.tensor([12, 30]), torch.tensor([0, 2]))
    assert torch.allclose(paired.exp(), torch.tensor([0.5, 1.0]))


def test_runs_of_items_by_birth_equal_a_search_for_each_item() -> None:
    torch.manual_seed(0)
    interest = trainer.Interest(ages(*range(0, 60, 3)), torch.device("cpu"))
    asked, items = torch.randint(0, 70, (40,)), torch.randint(0, 20, (30,))
    found = interest.of_each(asked, interest.born[items])
    one_by_one = interest.of(asked.repeat_interleave(len(items)), items.repeat(len(asked)))
    assert torch.equal(found, one_by_one.view(len(asked), len(items)))


def test_all_items_and_a_sample_of_all_items_have_the_same_loss_at_their_ages() -> None:
    torch.manual_seed(0)
    shape = network.Shape(ITEMS, 0, 0, 0, 1, width=8, window=6)
    net = network.Network(shape, FeatureRows.empty(ITEMS), FeatureRows.empty(1)).eval()
    one = batch(1, 4)
    born = np.linspace(int(one.asked.min()), int(one.asked.max()), ITEMS).astype(np.int64)
    sampler = trainer.Sampler(np.ones(ITEMS, np.int64), torch.device("cpu"), ages=ages(*born[::-1].tolist()))
    sampler.dtype = torch.float32
    every = torch.arange(ITEMS)
    sampled = trainer.Rows(every, one.items, one.target, every)
    assert torch.allclose(sampler.loss(net, one, sampled), sampler.loss(net, one, None), atol=1e-5)
    usual = trainer.Sampler(np.ones(ITEMS, np.int64), torch.device("cpu"))
    assert not torch.allclose(usual.loss(net, one, None), sampler.loss(net, one, None), atol=1e-2)


@pytest.mark.parametrize("aged", [False, True])
@pytest.mark.parametrize("sampled", [False, True])
def test_training_step_stays_on_its_device_and_reads_no_value(sampled: bool, aged: bool) -> None:
    shape = network.Shape(ITEMS, 0, 0, 3, 1, width=8, window=6)
    net = network.Network(shape, FeatureRows.empty(ITEMS), FeatureRows.empty(1)).to("meta")
    here = replace(batch(1, 4), context=torch.zeros(24, 1, dtype=torch.long))
    sampler = trainer.Sampler(np.ones(ITEMS, np.int64), torch.device("cpu"))
    sampler.log_share = sampler.log_share.to("meta")
    sampler.interest = trainer.Interest(ages(*range(ITEMS)), torch.device("meta")) if aged else None
    optimizer, one = Optimizer(net, 0.01, warm_up=2), moved(here)
    loss = sampler.loss(net, one, moved(rows_of(here)) if sampled else None)
    optimizer.step(loss, 0.5, one.weight.sum())
    moments = [*optimizer.first, *optimizer.second, *optimizer.average]
    assert {tensor.device.type for tensor in (loss, *moments)} == {"meta"}


@pytest.mark.parametrize("sampled", [False, True])
def test_process_without_users_has_gradients_for_the_same_parameters(
    sampled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that sent other gradients than the rest would add up unrelated numbers, or wait forever."""
    if sampled:
        monkeypatch.setattr(network, "LAZY_ITEMS", 0)
        monkeypatch.setattr(trainer, "FULL_SOFTMAX_ITEMS", 0)
    shape = network.Shape(ITEMS, 0, 2, 3, 1, width=8, window=6)
    usual = replace(batch(1, 4), context=torch.zeros(24, 1, dtype=torch.long))
    found = []
    for users, one in ((1, usual), (0, batches.placeholder(1, torch.device("cpu")))):
        net = network.Network(shape, FeatureRows.empty(ITEMS), FeatureRows.empty(users))
        sampler = trainer.Sampler(np.ones(ITEMS, np.int64), torch.device("cpu"))
        loss = sampler.loss(net, one, sampler.rows(one))
        loss.backward()
        assert torch.isfinite(loss)
        gradients = {name: parameter.grad for name, parameter in net.named_parameters()}
        found.append({name: g is not None and (g.is_sparse, g.shape) for name, g in gradients.items()})
    assert found[0] == found[1]


def test_training_without_events_is_refused(shop: Prepared) -> None:
    nothing = shop.sequences.keep(np.zeros(len(shop.sequences.items), bool))
    plan = transformer.Plan(60.0, passes=1, width=16)
    with pytest.raises(NotEnoughDataError, match="No interaction is left"):
        transformer.fit(shop, nothing, validation_cases(shop.sequences, 1), plan, 1)


def test_tensors_of_two_devices_raise() -> None:
    with pytest.raises(RuntimeError, match="device"):
        torch.ones(3, device="meta") + torch.ones(3)


def test_sums_by_count_and_by_product_are_equal() -> None:
    values, places = torch.randn(200), torch.randint(0, 7, (200,))
    by_count, by_product = network.summed(values, places, 9), network.multiplied(values, places, 9)
    assert torch.allclose(by_count, by_product, atol=1e-5)
    assert by_product[7:].tolist() == [0.0, 0.0]
