"""The numpy encoder against the formulas of a transformer, written out token by token on a tiny model."""

import math

import numpy as np
import pytest

from tastemaker.models.encoder import TIME_BUCKETS, Encoder, time_buckets

WIDTH, HEADS, LAYERS, WINDOW, ITEMS, TYPES = 4, 2, 2, 5, 6, 2
SHAPE = {"width": WIDTH, "heads": HEADS, "layers": LAYERS, "window": WINDOW}
NOW = 1000


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights of two layers."""
    rng = np.random.default_rng(seed)
    shapes = {
        "start": (WIDTH,),
        "types": (TYPES + 1, WIDTH),
        "distance": (LAYERS, WINDOW + 1, HEADS),
        "time": (LAYERS, TIME_BUCKETS, HEADS),
        "norm.weight": (WIDTH,),
        "norm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        shapes |= {
            f"layers.{layer}.norm1.weight": (WIDTH,),
            f"layers.{layer}.norm1.bias": (WIDTH,),
            f"layers.{layer}.qkv.weight": (WIDTH, 3 * WIDTH),
            f"layers.{layer}.attention_out.weight": (WIDTH, WIDTH),
            f"layers.{layer}.norm2.weight": (WIDTH,),
            f"layers.{layer}.norm2.bias": (WIDTH,),
            f"layers.{layer}.ffn_in.weight": (WIDTH, 4 * WIDTH),
            f"layers.{layer}.ffn_in.bias": (4 * WIDTH,),
            f"layers.{layer}.ffn_out.weight": (4 * WIDTH, WIDTH),
            f"layers.{layer}.ffn_out.bias": (WIDTH,),
        }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


WEIGHTS = weights()
VECTORS = np.random.default_rng(1).normal(size=(ITEMS, WIDTH)).astype(np.float32)
ENCODER = Encoder(WEIGHTS, VECTORS, SHAPE)


def normalized(x: np.ndarray, name: str) -> np.ndarray:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * WEIGHTS[f"{name}.weight"] + WEIGHTS[f"{name}.bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def attention(layer: int, x: np.ndarray, asked: list[int], seen: list[int]) -> np.ndarray:
    """Each token attends to itself and to all tokens before it."""
    depth, result = WIDTH // HEADS, np.zeros_like(x)
    query, key, value = np.split(x @ WEIGHTS[f"layers.{layer}.qkv.weight"], 3, axis=1)
    for token in range(len(x)):
        for head in range(HEADS):
            part = slice(head * depth, (head + 1) * depth)
            logits = []
            for other in range(token + 1):
                bucket = min(int(math.log2(max(asked[token] - seen[other], 0) + 1)), TIME_BUCKETS - 1)
                bias = WEIGHTS["distance"][layer, token - other, head] + WEIGHTS["time"][layer, bucket, head]
                logits.append(query[token, part] @ key[other, part] / math.sqrt(depth) + bias)
            shares = np.exp(np.array(logits) - max(logits))
            result[token, part] = shares / shares.sum() @ value[: token + 1, part]
    return result @ WEIGHTS[f"layers.{layer}.attention_out.weight"]


def expected(items: list[int], times: list[int], types: list[int], user: np.ndarray | None) -> np.ndarray:
    """The vector of the last token, by the formulas."""
    start = WEIGHTS["start"] + (0 if user is None else user)
    tokens = [
        VECTORS[item] * math.sqrt(WIDTH) + WEIGHTS["types"][t + 1]
        for item, t in zip(items, types, strict=True)
    ]
    x = np.array([start, *tokens], float)
    asked, seen = [*times, NOW], [(times or [NOW])[0], *times]
    for layer in range(LAYERS):
        x = x + attention(layer, normalized(x, f"layers.{layer}.norm1"), asked, seen)
        wide = gelu(
            normalized(x, f"layers.{layer}.norm2") @ WEIGHTS[f"layers.{layer}.ffn_in.weight"]
            + WEIGHTS[f"layers.{layer}.ffn_in.bias"]
        )
        x = x + wide @ WEIGHTS[f"layers.{layer}.ffn_out.weight"] + WEIGHTS[f"layers.{layer}.ffn_out.bias"]
    return normalized(x, "norm")[-1]


def encode(
    items: list[int], times: list[int], types: list[int], user: np.ndarray | None = None
) -> np.ndarray:
    return ENCODER.encode(
        np.array(items, np.int32), np.array(times, np.int64), np.array(types, np.int16), NOW, user
    )


@pytest.mark.parametrize("length", range(WINDOW + 1))
def test_encode_computes_the_transformer_at_every_length(length: int) -> None:
    items, times, types = (
        [3, 0, 5, 3, 1][:length],
        [10, 10, 400, 990, 999][:length],
        [0, -1, 1, 1, 0][:length],
    )
    assert encode(items, times, types) == pytest.approx(expected(items, times, types, None), abs=1e-4)


def test_encode_adds_the_users_attributes_to_the_start_token() -> None:
    user = np.array([0.5, -1.0, 2.0, 0.0], np.float32)
    found = encode([2, 4], [100, 200], [0, 1], user)
    assert found == pytest.approx(expected([2, 4], [100, 200], [0, 1], user), abs=1e-4)
    assert np.abs(found - encode([2, 4], [100, 200], [0, 1])).max() > 0.01


def test_encode_reads_only_the_newest_events_of_the_window() -> None:
    newest = ([1, 2, 3, 4, 5], [500, 600, 700, 800, 900], [0, 1, 0, 1, 0])
    longer = ([0, 0, *newest[0]], [1, 2, *newest[1]], [1, 1, *newest[2]])
    assert np.array_equal(encode(*longer), encode(*newest))


def test_users_who_are_encoded_together_get_what_each_gets_alone() -> None:
    rng = np.random.default_rng(4)
    items, types = rng.integers(0, ITEMS, (3, 4)), rng.integers(-1, TYPES, (3, 4))
    times, now = np.sort(rng.integers(0, 900, (3, 4)), axis=1), np.array([900, 950, 1000])
    users = rng.normal(size=(3, WIDTH)).astype(np.float32)
    together = ENCODER.encode_equal(items, times, types, now, users)
    for one in range(3):
        alone = ENCODER.encode(items[one], times[one], types[one], int(now[one]), users[one])
        assert together[one] == pytest.approx(alone, abs=1e-5)


def test_encode_follows_the_order_of_events() -> None:
    assert np.abs(encode([0, 1], [5, 5], [0, 0]) - encode([1, 0], [5, 5], [0, 0])).max() > 0.01


def test_encode_follows_the_time_of_the_request() -> None:
    items, times, types = np.array([0, 1]), np.array([5, 900]), np.array([0, 0])
    soon, late = (ENCODER.encode(items, times, types, now) for now in (900, 10**6))
    assert np.abs(soon - late).max() > 0.01


def test_encode_leaves_item_vectors_and_weights_unchanged() -> None:
    before = VECTORS.copy()
    first = encode([0, 1, 2], [1, 2, 3], [0, 0, 0])
    assert np.array_equal(encode([0, 1, 2], [1, 2, 3], [0, 0, 0]), first)
    assert np.array_equal(VECTORS, before)


def test_time_buckets_are_whole_logarithms() -> None:
    seconds = np.array([-5, 0, 1, 2, 3, 6, 7, 2**20 - 2, 2**20 - 1, 2**40])
    assert time_buckets(seconds).tolist() == [0, 0, 1, 1, 2, 2, 3, 19, 20, TIME_BUCKETS - 1]
