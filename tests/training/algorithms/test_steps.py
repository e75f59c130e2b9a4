"""Settings of a step: each of them trains the same network as the usual step, as far as it promises to."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tastemaker.models.features import FeatureRows
from tests.training.algorithms.histories import many
from training.algorithms import batches, trainer
from training.algorithms import network as networks
from training.algorithms.course import Turn
from training.algorithms.steps import USUAL, Steps
from training.algorithms.trainer import Trainer, Work
from training.data.prepared import Prepared
from training.errors import BadConfigError

ITEMS = 30


def trained(
    steps: Steps, *, sampled: bool = False, dropout: float = 0.0, passes: int = 2
) -> tuple[Trainer, float]:
    """A trainer after some passes, and the mean loss of the last one."""
    torch.manual_seed(3)
    shape = networks.Shape(ITEMS, 0, 0, 0, 1, width=16, window=8, dropout=0.0)
    sequences = many(items=ITEMS)
    none, users = FeatureRows.empty(ITEMS), FeatureRows.empty(sequences.users)
    counts = np.bincount(sequences.items, minlength=ITEMS)
    usual = 64
    work = Work(
        shape, none, users, sequences, counts, steps.tokens or usual, steps.rate(3e-3, usual), 2, 5, steps
    )
    one = Trainer(networks.Network(shape, none, users), work)
    for number in range(passes):
        loss = one.one_pass(number, Turn(0.0, 0.0), None)
    return one, loss


def weights(one: Trainer) -> torch.Tensor:
    one.optimizer.settle()
    return torch.cat([p.detach().flatten() for p in one.network.parameters()])


def test_rate_grows_with_the_root_of_the_size_of_a_step() -> None:
    assert Steps(tokens=8192).rate(0.003, 2048) == pytest.approx(0.006)
    assert USUAL.rate(0.003, 2048) == 0.003


def test_larger_steps_make_fewer_updates_and_learn() -> None:
    (few, loss), (usual, _) = trained(Steps(tokens=256), passes=6), trained(USUAL, passes=6)
    assert few.optimizer.steps < usual.optimizer.steps / 2
    assert loss < trained(Steps(tokens=256), passes=1)[1]


def test_half_precision_keeps_weights_and_losses_in_float32() -> None:
    half, loss = trained(Steps(bfloat16=True))
    usual, expected = trained(USUAL)
    assert loss == pytest.approx(expected, rel=1e-4) and loss != expected
    assert {p.dtype for p in half.network.parameters()} == {torch.float32}
    state = [*half.optimizer.first, *half.optimizer.second, *half.optimizer.average]
    assert {tensor.dtype for tensor in state} == {torch.float32}
    assert not torch.equal(weights(half), weights(usual))


def test_layers_in_half_precision_give_float32() -> None:
    torch.manual_seed(0)
    linear = torch.nn.Linear(8, 8)
    x = torch.randn(4, 8)
    rounded = Steps(bfloat16=True).layers(lambda x, *_: linear(x))(x)
    assert rounded.dtype == torch.float32
    assert 0 < float((rounded - linear(x)).abs().max().detach()) < 0.05


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # torch's compiler warns about its own code
@pytest.mark.parametrize("sampled", [False, True])
def test_compiled_steps_equal_the_usual_ones(sampled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dropout and samples that differ, only the order of sums does."""
    if sampled:
        monkeypatch.setattr(networks, "LAZY_ITEMS", 0)
        monkeypatch.setattr(trainer, "FULL_SOFTMAX_ITEMS", 0)
    compiled, loss = trained(Steps(compiled="aot_eager"))
    usual, expected = trained(USUAL)
    assert compiled.optimizer.steps == usual.optimizer.steps
    assert loss == pytest.approx(expected, rel=1e-4)
    assert torch.allclose(weights(compiled), weights(usual), atol=1e-3)


def test_padded_batch_has_the_loss_of_the_batch() -> None:
    one, _ = trained(USUAL, passes=1)
    sequences = one.work.sequences
    epoch = batches.Epoch(sequences, 8, 1, 0, torch.device("cpu"), max_tokens=64)
    static = batches.Static(64, 9)
    shapes = set()
    for group in epoch.groups:
        plain, full = (
            batches.collate(sequences, epoch.windows, group, torch.device("cpu"), static=each)
            for each in (None, static)
        )
        assert full.valid is None and full.weight.sum() == plain.weight.sum()
        shapes.add((full.items.shape, full.target.shape))
        network = one.network.eval()
        losses = [one.sampler.loss(network, each, None).item() for each in (plain, full)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert len(shapes) <= 4 < len(epoch.groups)


def test_shapes_cover_every_length_once() -> None:
    static = batches.Static(2048, 101)
    found = [static.length(tokens) for tokens in range(1, 102)]
    assert sorted({length for length, _ in found}) == [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 101]
    for tokens, (length, few) in enumerate(found, 1):
        assert few <= tokens <= length
        assert static.length(few)[0] == length


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(BadConfigError, match="no compiler backend 'fast'"):
        Steps(compiled="fast")
    with pytest.raises(BadConfigError, match="-1 tokens"):
        Steps(tokens=-1)


def test_settings_of_a_job_reach_the_trainer(shop: Prepared) -> None:
    from training.algorithms import transformer

    plan = replace(transformer.Plan(60.0, passes=1, width=16), steps=Steps(tokens=512))
    one = transformer._started(shop, shop.sequences, plan.for_data(shop.sequences.total()), 1)
    usual = batches.tokens(shop.sequences.total())
    assert one.work.tokens == 512 and one.work.rate == pytest.approx(plan.rate * (512 / usual) ** 0.5)
