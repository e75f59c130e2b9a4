"""Tables whose rows catch up when they are read, against tables that are updated as a whole."""

import numpy as np
import pytest
import torch

from tastemaker.models.features import FeatureRows
from training.algorithms import network, trainer, transformer
from training.algorithms.optimizer import Optimizer
from training.data.prepared import Prepared
from training.data.split import validation_cases, without

ITEMS = 40
NONE = FeatureRows.empty(ITEMS)


def moved(monkeypatch: pytest.MonkeyPatch, *, lazy: bool, careless: bool = False) -> dict[str, torch.Tensor]:
    """The changes of vectors, biases and their averages in 300 steps with known gradients.

    Each step reads five items, some items often and some rarely. With `careless`, rows that nobody reads stay
    as they are.
    """
    monkeypatch.setattr(network, "LAZY_ITEMS", 0 if lazy else ITEMS + 1)
    torch.manual_seed(0)
    net = network.Network(network.Shape(ITEMS, 0, 0, 0, 1, width=4), NONE, NONE)
    begun = [net.ids.detach().clone(), net.bias.detach().clone()]
    optimizer = Optimizer(net, 0.01, warm_up=20)
    rng = np.random.default_rng(1)
    chances = 1 / np.arange(1, ITEMS + 1) ** 1.5
    for step in range(300):
        rows = torch.from_numpy(np.sort(rng.choice(ITEMS, 5, replace=False, p=chances / chances.sum())))
        wanted = torch.from_numpy(rng.normal(size=(5, 4)).astype(np.float32))
        optimizer.read(rows)
        loss = (net.table(rows) * wanted).sum() + (net.biases(rows) * wanted[:, 0]).sum()
        if careless:
            assert optimizer.lazy is not None
            optimizer.lazy.came.fill_(optimizer.lazy.step)
        optimizer.step(loss, step / 300)
    if not careless:
        optimizer.settle()
    places = [next(i for i, p in enumerate(optimizer.parameters) if p is one) for one in (net.ids, net.bias)]
    return {
        "ids": net.ids.detach() - begun[0],
        "bias": net.bias.detach() - begun[1],
        "average of ids": optimizer.average[places[0]] - begun[0],
        "average of bias": optimizer.average[places[1]] - begun[1],
    }


def test_lazy_rows_equal_rows_updated_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = moved(monkeypatch, lazy=False)
    caught_up, left = moved(monkeypatch, lazy=True), moved(monkeypatch, lazy=True, careless=True)
    for name, expected in whole.items():
        apart = float((caught_up[name] - expected).norm() / expected.norm())
        assert apart < 0.01, name
        assert float((left[name] - expected).norm() / expected.norm()) > 0.3, name


def test_training_with_lazy_tables_predicts_as_well(
    shop: Prepared, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setattr(trainer, "FULL_SOFTMAX_ITEMS", 0)
    cases = validation_cases(shop.sequences, 0)
    plan = transformer.Plan(seconds=600.0, passes=8, width=16)
    reached = {}
    for least in (10**9, 0):
        monkeypatch.setattr(network, "LAZY_ITEMS", least)
        training = without(shop.sequences, cases, whole=False)
        result = transformer.fit(shop, training, cases, plan, 0, checkpoints=tmp_path / str(least))
        reached[least] = result.reached
    assert reached[0] == pytest.approx(reached[10**9], abs=0.02)
