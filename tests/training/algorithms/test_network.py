"""The numpy encoder computes what the torch network computes."""

import numpy as np
import pytest
import torch

from tastemaker.models.encoder import Encoder, time_buckets
from tastemaker.models.features import FeatureRows
from tests.training.algorithms.random_network import made
from training.algorithms import batches, network


@pytest.mark.parametrize("window", [10, 100])
def test_numpy_and_torch_agree_at_every_length(window: int) -> None:
    net, sequences = made([2, 11, 40, 3], window)
    with torch.no_grad():
        table = net.table()
        weights = net.exported()
        of_users = FeatureRows(*(net.of_users.get_buffer(n).numpy() for n in ("offsets", "codes", "weights")))
        encoder = Encoder(weights, table.numpy(), {"width": 32, "layers": 3, "heads": 4, "window": window})
        for user in range(sequences.users):
            begin, end = sequences.offsets[user], sequences.offsets[user + 1]
            start = max(int(begin), int(end) - window - 1)
            windows = batches.Windows(np.array([user]), np.array([start]), np.array([int(end) - start]))
            batch = batches.collate(sequences, windows, np.array([0]), torch.device("cpu"))
            expected = net(batch, table)[-1].numpy()
            codes, shares = of_users.row(user)
            about = shares @ weights["user_features"][codes] if len(codes) else None
            shown = sequences.history(user, int(end - begin) - 1)
            found = encoder.encode(
                shown.items, shown.timestamps, shown.event_types, int(sequences.times[end - 1]), about
            )
            assert np.abs(found - expected).max() < 1e-5


def test_padding_changes_nothing() -> None:
    net, sequences = made([2, 9, 40, 3], 100)
    windows = batches.Windows(np.arange(4), sequences.offsets[:-1], sequences.lengths)
    with torch.no_grad():
        table = net.table()
        together = net(batches.collate(sequences, windows, np.arange(4), torch.device("cpu")), table)
        alone = [
            net(batches.collate(sequences, windows, np.array([w]), torch.device("cpu")), table)
            for w in range(4)
        ]
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def test_time_buckets_are_the_same_on_both_sides() -> None:
    seconds = np.array([-5, 0, 1, 2, 3, 4, 7, 8, 2**20 - 1, 2**20, 2**40, 2**53])
    assert time_buckets(seconds).tolist() == network.time_buckets(torch.from_numpy(seconds)).tolist()
    assert time_buckets(seconds).tolist()[:8] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_gradients_of_the_biases_pass_gradcheck() -> None:
    torch.manual_seed(0)
    n = 3
    by_distance = torch.randn(4, 2, dtype=torch.double, requires_grad=True)
    by_time = torch.randn(32, 2, dtype=torch.double, requires_grad=True)
    steps = torch.arange(n)
    distance = (steps[:, None] - steps[None]).clamp(min=0)
    future = steps[:, None] < steps[None]
    buckets = torch.randint(0, 32, (2, n, n))

    def attended(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return network.Biases.apply(a, b, distance, buckets, future).softmax(-1)

    assert torch.autograd.gradcheck(attended, (by_distance, by_time))
