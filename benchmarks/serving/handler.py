"""The time of the runtime's handler on synthetic catalogs, from parsing to the answer.

    python -m benchmarks.serving.handler --items 10000 100000 --events 50 200

The same run measures one pass over the item matrix (`np.sum`) and, if faiss is installed, a flat search of
the same matrix. There is one thread, and its CPU time is measured, so that other processes do not matter.
The stores are in memory, so that no network is measured. Each request has another user. Large catalogs get
clusters as after training (`--least`); their recall is relative to exact scores.
"""

import argparse
import contextlib
import json
import os
import resource
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402  # after the number of threads is set

from lambdas.support.http import Served, serve  # noqa: E402
from lambdas.support.observer import LambdaObserver  # noqa: E402
from tastemaker import models  # noqa: E402
from tastemaker.columns import Column, Columns  # noqa: E402
from tastemaker.control.core.records import MemoryRepository, Record  # noqa: E402
from tastemaker.ids import Ids, save_array  # noqa: E402
from tastemaker.models import Histories  # noqa: E402
from tastemaker.models.sequence import SequenceModel  # noqa: E402
from tastemaker.models.sparse import SparseRows  # noqa: E402
from tastemaker.models.topk import top_k  # noqa: E402
from tastemaker.serving.endpoints import RecordCache  # noqa: E402
from tastemaker.serving.history import LiveEvent, past  # noqa: E402
from tastemaker.serving.loaded import LoadedBundle  # noqa: E402
from tastemaker.serving.ports import Bundles  # noqa: E402
from tastemaker.serving.recommendations import get_recommendations  # noqa: E402
from tastemaker.serving.runtime import Runtime  # noqa: E402
from tastemaker.wire import Service  # noqa: E402
from training.algorithms import clusters  # noqa: E402

WIDTH, LAYERS, HEADS, WINDOW, NEIGHBORS = 64, 2, 2, 200, 50
USERS, ASKING = 300, 40
"""Users in the bundle, who decide about clusters, and users who send requests."""
ARN = "arn:aws:personalize:eu-west-1:123456789012:"
FILTERS = {
    "tenth": 'INCLUDE ItemID WHERE Items.GROUP IN ("g3")',
    "unseen": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
}
"""`tenth` keeps a tenth of the catalog, `unseen` removes items with an event of the user."""


def around_themes(items: int, rng: np.random.Generator) -> np.ndarray:
    """Item vectors as training makes them: around themes, with most of the variance in few directions.

    These have 39 % of their variance in 4 directions of 64 and 76 % in 16; the model of the demo, of 1,447
    films, has 39 % and 67 %.
    """
    scales = (1 / (1 + np.arange(WIDTH) / 8)).astype(np.float32)
    themes = rng.standard_normal((2_000, WIDTH), np.float32)
    vectors = themes[rng.integers(0, len(themes), items)]
    vectors += np.float32(0.5) * rng.standard_normal((items, WIDTH), np.float32)
    vectors *= np.float32(0.1) * scales
    return vectors


def taste(vectors: np.ndarray, events: int, rng: np.random.Generator) -> np.ndarray:
    """Return the items of a user with three preferences. One item of five is random."""
    seen = rng.integers(0, len(vectors), 2_000)
    likes = rng.choice(seen, 3, replace=False)
    near = np.argsort(-(vectors[seen] @ vectors[likes].T), axis=0)[: 2 + events // 3]
    return np.where(
        rng.random(events) < 0.8, rng.choice(seen[near].ravel(), events), rng.choice(seen, events)
    )


def bundle(folder: Path, items: int, seed: int = 0) -> Path:
    """Write a sequence model with random weights. The time does not depend on the weights."""
    rng = np.random.default_rng(seed)
    model = folder / "model"
    model.mkdir(parents=True)
    Ids.build(f"item-{number:08d}" for number in range(items)).save(folder, "items")
    Ids.build(f"user-{number:03d}" for number in range(USERS)).save(folder, "users")
    group = Column.build("string", [f"g{number % 10}" for number in range(items)])
    Columns({"GROUP": group}, rows=items).save(folder / "item_columns")
    Columns(rows=USERS).save(folder / "user_columns")
    vectors = around_themes(items, rng)
    read = np.concatenate([taste(vectors, 50, rng) for _ in range(USERS)]).astype(np.int32)
    times = np.tile(1_000 + 60 * np.arange(50), USERS)
    Histories(np.arange(0, len(read) + 1, 50), read, times, np.zeros(len(read), np.int16)).save(folder)
    users = rng.integers(1, 1000, items)
    save_array(folder / "popularity.npy", users.astype(np.float32))
    save_array(folder / "item_users.npy", users.astype(np.int32))
    save_array(folder / "item_created.npy", np.zeros(items, np.int64))
    save_array(model / "item_vectors.npy", vectors)
    save_array(model / "item_bias.npy", np.zeros(items, np.float32))
    for part, size in (("offsets", 2), ("codes", 0), ("weights", 0)):
        size = USERS + 1 if size else 0
        save_array(model / f"user_features.{part}.npy", np.zeros(size, np.int64 if size else np.float32))
    near = NEIGHBORS if items <= 1_000_000 else NEIGHBORS // 5
    rows = SparseRows(
        np.arange(items + 1, dtype=np.int64) * near,
        rng.integers(0, items, items * near, dtype=np.int32),
        rng.random(items * near, np.float32),
    )
    for name in ("transitions", "linear"):
        rows.save(model, name)
    _write_manifest(folder, _write_encoder(model, rng))
    return folder


def _write_encoder(model: Path, rng: np.random.Generator) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Write an encoder whose layers pass on what they attend to. Returns where each of its arrays begins."""
    shapes = _encoder_shapes()
    places: dict[str, tuple[int, tuple[int, ...]]] = {}
    start = 0
    for name, shape in shapes.items():
        places[name] = start, shape
        start += int(np.prod(shape))
    weights = rng.standard_normal(start, np.float32) * np.float32(0.02)
    for name, (begin, shape) in places.items():
        matrix = weights[begin : begin + int(np.prod(shape))].reshape(shape)
        if name.endswith(("norm.weight", "norm1.weight", "norm2.weight")):
            matrix += 1
        elif name.endswith("mix.weight"):
            matrix[:, 2 * WIDTH :] += np.eye(WIDTH, dtype=np.float32)
        elif name.endswith("read.weight"):
            matrix += np.eye(WIDTH, dtype=np.float32)
    save_array(model / "encoder.npy", weights)
    return places


def _encoder_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "start": (WIDTH,), "types": (3, WIDTH), "norm.weight": (WIDTH,), "norm.bias": (WIDTH,),
        "distance": (LAYERS, WINDOW + 1, HEADS), "time": (LAYERS, 32, HEADS),
        "user_features": (1, WIDTH), "context": (1, WIDTH),
    }  # fmt: skip
    for layer in range(LAYERS):
        layer_shapes: tuple[tuple[str, tuple[int, ...]], ...] = (
            ("norm1.weight", (WIDTH,)), ("norm1.bias", (WIDTH,)), ("mix.weight", (WIDTH, 3 * WIDTH)),
            ("read.weight", (WIDTH, WIDTH)), ("norm2.weight", (WIDTH,)), ("norm2.bias", (WIDTH,)),
            ("widen.weight", (WIDTH, 4 * WIDTH)), ("widen.bias", (4 * WIDTH,)),
            ("narrow.weight", (4 * WIDTH, WIDTH)), ("narrow.bias", (WIDTH,)),
        )  # fmt: skip
        for name, layer_shape in layer_shapes:
            shapes[f"layers.{layer}.{name}"] = layer_shape
    return shapes


def _write_manifest(folder: Path, places: dict[str, tuple[int, tuple[int, ...]]]) -> None:
    about = {
        "parts": {
            "encoder": {"weight": 1.0},
            "transitions": {"weight": 0.6, "halfLife": 2.0},
            "linear": {"weight": 0.1, "halfLife": 5.0},
        },
        "typicalGap": 60, "trainedTypes": [True], "unknownTypes": True, "context": [],
        "encoder": {
            "width": WIDTH, "layers": LAYERS, "heads": HEADS, "window": WINDOW, "weights": places,
        },
    }  # fmt: skip
    manifest = {"formatVersion": 1, "kind": "sequence", "eventTypes": ["view"], "model": about}
    manifest["latestTimestamp"] = 5_000
    (folder / "bundle.json").write_text(json.dumps(manifest))


class Shop(Bundles):
    """A campaign with one bundle, and users with `events` live events each."""

    def __init__(self, path: Path, events: int) -> None:
        self.loaded = LoadedBundle.open(path)
        records = MemoryRepository()
        about = {
            "datasetGroupArn": f"{ARN}dataset-group/shop",
            "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization-v2",
        }
        serving = {"solutionVersionArn": f"{ARN}solution/s/1", "bundle": "s3://lake/b/", **about}
        records.create(Record(f"{ARN}campaign/c", "Campaign", {"status": "ACTIVE", "_serving": serving}))
        for name, expression in FILTERS.items():
            body = {"status": "ACTIVE", "filterExpression": expression, **about}
            records.create(Record(f"{ARN}filter/{name}", "Filter", body))
        rng = np.random.default_rng(1)
        assert isinstance(self.loaded.model, SequenceModel)
        self.live = [self._events(self.loaded.model, events, rng) for _ in range(ASKING)]
        self.who = cycle(range(ASKING))
        self.metrics = LambdaObserver()
        self.runtime = Runtime(
            RecordCache(records), self, self, clock=lambda: 100_000.0, observer=self.metrics
        )
        self.service = Service("personalize-runtime")
        self.operations = {"GetRecommendations": lambda params: get_recommendations(self.runtime, params)}

    @staticmethod
    def _events(model: SequenceModel, events: int, rng: np.random.Generator) -> list[LiveEvent]:
        ids = model.bundle.items.take(taste(model.item_vectors, events, rng))
        return [LiveEvent(f"e{n}", item, "view", 1_000 + n * 60) for n, item in enumerate(ids)][::-1]

    def get(self, uri: str) -> LoadedBundle:
        return self.loaded

    def newest(self, event_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        return self.live[int(user)][:limit]

    def ask(self, *, finish: Callable[[Served], None] | None = None, **params: Any) -> dict[str, Any]:
        body = json.dumps({"campaignArn": f"{ARN}campaign/c", "userId": str(next(self.who)), **params})
        event = {"rawPath": "/recommendations", "requestContext": {"http": {"method": "POST"}}, "body": body}
        answer = serve(self.service, event, self.operations, None, finish=finish)
        assert answer["statusCode"] == 200, answer["body"]
        return answer


def timed(run: Callable[[], Any], times: int) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds, after three warm-up runs."""
    for _ in range(3):
        run()
    took = []
    for _ in range(times):
        started = thread_time()
        run()
        took.append((thread_time() - started) * 1000)
    return float(np.percentile(took, 50)), float(np.percentile(took, 99))


def share_of_metrics(shop: Shop, times: int) -> tuple[float, float]:
    """Return the median milliseconds of a request without metrics, and what the metrics add to it.

    The two kinds of requests take turns and are compared in pairs, so that the load of the machine, which
    changes within seconds, affects both. The lines go to a file, as Lambda's go to a pipe.
    """
    without, added = [], []
    with tempfile.TemporaryFile("w") as log, contextlib.redirect_stdout(log):
        for turn in range(-10, times):
            who = turn % ASKING
            pair = []
            for finish in (None, shop.metrics.finish)[:: 1 if turn % 2 else -1]:
                shop.who = cycle([who])
                started = thread_time()
                shop.ask(finish=finish)
                pair.append((finish is not None, (thread_time() - started) * 1000))
            (_, plain), (_, measured) = sorted(pair)
            if turn >= 0:
                without.append(plain)
                added.append(measured - plain)
    return float(np.median(without)), float(np.median(added))


def flat(matrix: np.ndarray, times: int) -> tuple[float, float] | None:
    """Time a flat search of the same matrix by faiss. Returns None if faiss is not installed."""
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(matrix.shape[1])
    index.add(np.ascontiguousarray(matrix))
    return timed(lambda: index.search(matrix[:1], 100), times)


def recall(shop: Shop, *parts: str, best: int = 100) -> float:
    """Return the share of the best items, by these parts of the blend, that the search finds."""
    model, found = models.load(shop.loaded.bundle), []
    assert isinstance(model, SequenceModel)
    model.parts = {part: model.parts[part] for part in parts}
    for live in shop.live:
        history = past(model.bundle, -1, live).history
        scores = model.scores_for(history, now=100_000)
        found.append(len(np.intersect1d(scores.top(best), top_k(scores.dense, best))) / best)
    return float(np.mean(found))


def show(items: int, what: str, figures: tuple[float, float] | None) -> None:
    """Print one row: the catalog's size, what was timed, and its p50 and p99 in milliseconds."""
    text = "not installed" if figures is None else f"p50 {figures[0]:8.2f} ms   p99 {figures[1]:8.2f} ms"
    print(f"{items:>9,}  {what:<34}{text}", flush=True)


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description="Time the runtime's handler on synthetic catalogs.")
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--events", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--least", type=int, default=clusters.MIN_ITEMS, help="from how many on: clusters")
    args = parser.parse_args()
    for items in args.items:
        with tempfile.TemporaryDirectory() as folder:
            path = bundle(Path(folder) / "bundle", items)
            started = perf_counter()
            made = clusters.add(path, least=args.least)
            if made is not None:
                print(
                    f"{items:>9,}  clusters made in {perf_counter() - started:.0f} s, read {made.share:.1%}"
                )
            started = perf_counter()
            shop = Shop(path, args.events[0])
            print(f"{items:>9,}  bundle opened in {(perf_counter() - started) * 1000:.1f} ms")
            model = shop.loaded.model
            assert isinstance(model, SequenceModel)
            matrix = model.item_vectors
            show(items, "np.sum over the item matrix", timed(matrix.sum, args.times))
            show(items, "faiss IndexFlatIP, top 100", flat(matrix, args.times))
            for events in args.events:
                shop = Shop(path, events)
                if made is not None:
                    alone, blend = recall(shop, "encoder"), recall(shop, *model.parts)
                    print(f"{items:>9,}  recall@100: encoder alone {alone:.4f}, blend {blend:.4f}")
                show(items, f"handler, {events} events", timed(shop.ask, args.times))
                plain, added = share_of_metrics(shop, 4 * args.times)
                print(
                    f"{items:>9,}  metrics add {added * 1000:.0f} µs to {plain:.2f} ms: {added / plain:.1%}"
                )
                for name in FILTERS:
                    ask = partial(shop.ask, filterArn=f"{ARN}filter/{name}")
                    show(items, f"handler, {events} events, filter {name}", timed(ask, args.times))
    print(f"memory, at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
