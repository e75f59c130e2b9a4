"""Several networks as one score as the mean of their logits."""

import numpy as np
import torch

from tastemaker.models.encoder import Encoder
from tests.training.algorithms.random_network import made
from training.algorithms import batches, merging
from training.algorithms.network import Network
from training.data.prepared import Sequences

SHAPE = {"width": 32, "layers": 3, "heads": 4, "window": 100}


def logits(network: Network, sequences: Sequences, user: int) -> np.ndarray:
    """What a network gives all items after a user's events, by torch."""
    windows = batches.Windows(np.array([user]), sequences.offsets[[user]], sequences.lengths[[user]])
    batch = batches.collate(sequences, windows, np.array([0]), torch.device("cpu"))
    with torch.no_grad():
        table = network.table()
        return (network(batch, table)[-1] @ table.T + network.bias).numpy()


def test_merged_networks_score_as_the_mean_of_their_logits() -> None:
    lengths = [2, 11, 40, 3]
    networks, sequences = zip(*(made(lengths, 100, seed) for seed in range(3)), strict=True)
    vectors = [network.table().detach().numpy() for network in networks]
    weights = merging.merged(networks)
    shape = SHAPE | {"width": 3 * 32, "heads": 3 * 4, "networks": 3}
    table = np.concatenate(vectors, 1)
    encoder = Encoder(weights, table, shape)
    histories = sequences[0]
    codes, shares = (networks[0].of_users.get_buffer(name).numpy() for name in ("codes", "weights"))
    starts = networks[0].of_users.get_buffer("offsets").numpy()
    for user in range(histories.users):
        expected = np.mean([logits(network, histories, user) for network in networks], axis=0)
        shown = histories.history(user, lengths[user] - 1)
        now = int(histories.times[histories.offsets[user + 1] - 1])
        at = slice(starts[user], starts[user + 1])
        about = shares[at] @ weights["user_features"][codes[at]]
        vector = encoder.encode(shown.items, shown.timestamps, shown.event_types, now, about)
        found = table @ vector + merging.biases(networks)
        assert np.abs(found - expected).max() < 1e-3
        assert np.abs(found - logits(networks[0], histories, user)).max() > 0.1


def test_one_network_keeps_its_weights() -> None:
    network, _ = made([3], 10)
    exported = network.exported()
    merged = merging.merged([network])
    assert all(np.array_equal(merged[name], exported[name]) for name in exported)
    assert np.array_equal(merging.biases([network]), network.bias.detach().numpy())
