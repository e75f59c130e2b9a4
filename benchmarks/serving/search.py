"""Searches of synthetic catalogs: time plain and personalized, size of the index, and the first search.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.serving.search --items 10000 100000 1000000

There is one thread, and its CPU time is measured, so that other processes do not matter. Words have the
frequencies of a language (Zipf). Names have three to six words and descriptions twenty. The plain engine
answers the same searches without a pipeline. The personalized ones re-rank a window of 100 hits.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np

from benchmarks.serving.handler import ARN, Shop, bundle
from tastemaker.columns import Column, Columns
from tastemaker.ids import Ids
from tastemaker.search import engine
from tastemaker.search.index.mapping import read_mapping
from tastemaker.search.index.reader import Reader
from tastemaker.search.index.segment import Segment
from tastemaker.search.pipelines.options import read_options
from tastemaker.search.pipelines.processor import Processor
from tastemaker.search.pipelines.ranking import Ranking, RankingRequest
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.vectors.lsa import LsaEncoder
from tastemaker.search.vectors.text_vectors import FIELD, TextVectors
from tastemaker.serving.personalized_ranking import rank_items
from tastemaker.serving.query import Query

WORDS, WINDOW, EVENTS, WIDTH = 60_000, 100, 50, 128
NEAREST = {"query": {"neural": {FIELD: {"query_text": "word", "k": 100}}}}
OPTIONS = read_options(
    {
        "campaign_arn": f"{ARN}campaign/c",
        "recipe": "aws-personalized-ranking-v2",
        "weight": 0.5,
        "aws_region": "eu-west-1",
        "window": WINDOW,
    }
)


def word(number: int) -> str:
    """A word for a number: letters that depend on it."""
    letters = ""
    number += 26
    while number:
        number, rest = divmod(number, 26)
        letters = chr(97 + rest) + letters
    return letters


def catalog(items: int, rng: np.random.Generator) -> Columns:
    """Names, descriptions, categories and prices."""
    vocabulary = np.array([word(number) for number in range(WORDS)])

    def texts(sizes: np.ndarray) -> list[str]:
        drawn = np.minimum(rng.zipf(1.15, int(sizes.sum())) - 1, WORDS - 1)
        ends = np.cumsum(sizes)
        return [" ".join(vocabulary[drawn[end - size : end]]) for size, end in zip(sizes, ends, strict=True)]

    return Columns(
        {
            "NAME": Column.build("string", texts(rng.integers(3, 7, items))),
            "DESCRIPTION": Column.build("string", texts(np.full(items, 20))),
            "CATEGORY": Column.build("categorical", [f"c{n}" for n in rng.integers(0, 50, items)]),
            "PRICE": Column.build("number", rng.integers(1, 1000, items).astype(float)),
        },
        rows=items,
    )


def queries(rng: np.random.Generator, count: int) -> Mapping[str, list[dict[str, Any]]]:
    """Searches of several kinds, each with words of middling frequency."""

    def some(number: int) -> str:
        return " ".join(word(int(one)) for one in rng.integers(20, 2_000, number))

    def two_fields(text: str, **options: Any) -> dict[str, Any]:
        return {"multi_match": {"query": text, "fields": ["NAME^2", "DESCRIPTION"], **options}}

    return {
        "two words, two fields": [{"query": two_fields(some(2))} for _ in range(count)],
        "with a filter and facets": [
            {
                "query": {"bool": {"must": two_fields(some(2)), "filter": {"range": {"PRICE": {"lt": 500}}}}},
                "aggs": {"by": {"terms": {"field": "CATEGORY"}}},
            }
            for _ in range(count)
        ],
        "fuzzy": [{"query": two_fields(some(2), fuzziness="AUTO")} for _ in range(count // 4)],
        "everything": [{"query": {"match_all": {}}} for _ in range(count // 4)],
    }


def vector_context(context: QueryContext, rng: np.random.Generator) -> QueryContext:
    """The same index with a random vector for each item."""
    ids = context.reader.parts[0].ids
    made = rng.standard_normal((len(ids), WIDTH), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    vectors = TextVectors(ids, made, LsaEncoder.build(["word"], np.ones(1), made[:1]))
    return replace(context, vectors=lambda: vectors)


class BenchmarkRanker:
    """Ranks with the model of the benchmark of the handler, for one of its users after the other."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.endpoint = shop.runtime.endpoint({"campaignArn": f"{ARN}campaign/c"})

    def rank(self, request: RankingRequest) -> Ranking:
        query = Query(self.shop.runtime, self.endpoint, str(next(self.shop.who)))
        return Ranking(
            {one.item_id: one.score for one in rank_items(query, request.items, None, None)}, "RID-1"
        )


def milliseconds(run: Callable[[], Any]) -> float:
    """The CPU time of a call."""
    began = thread_time()
    run()
    return 1000 * (thread_time() - began)


def measure(items: int, count: int) -> None:
    """Print the figures of one size."""
    rng = np.random.default_rng(3)
    columns = catalog(items, rng)
    built: list[Segment] = []
    seconds = milliseconds(lambda: built.append(Segment.build(columns))) / 1000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        built.pop().save(folder / "search")
        size = sum(path.stat().st_size for path in (folder / "search").iterdir())
        print(f"{items:>9,} items: index {size / 1e6:.0f} MB, built in {seconds:.1f} s", flush=True)
        shop = Shop(bundle(folder / "bundle", items), EVENTS)
        ids: Ids = shop.loaded.bundle.items
        mapping = read_mapping({}, {"properties": {"NAME": {"analyzer": "english"}}})

        def opened() -> QueryContext:
            return QueryContext(Reader([(Segment.open(folder / "search"), ids, columns)]), mapping)

        kinds = queries(rng, count)
        body = kinds["two words, two fields"][0]
        first = milliseconds(lambda: engine.search("shop", opened(), body))
        print(f"{'':>9} first search in a process, index on disk: {first:.1f} ms")
        context, processor = opened(), Processor(BenchmarkRanker(shop))
        parameters = {"ext": {"personalize_request_parameters": {"user_id": "u"}}}

        def personalized(body: dict[str, Any]) -> None:
            found = engine.search("shop", context, {**body, "size": WINDOW})
            processor.process(OPTIONS, parameters, found, 0, 10)

        nearest = vector_context(context, rng)
        times = [milliseconds(partial(engine.search, "shop", nearest, NEAREST)) for _ in range(20)]
        print(f"{'':>9} nearest of {WIDTH} dimensions: {np.percentile(times, 50):.2f} ms")
        for name, bodies in kinds.items():
            for body in bodies[:3]:
                personalized(body)
            plain = [milliseconds(partial(engine.search, "shop", context, body)) for body in bodies]
            ranked = [milliseconds(partial(personalized, body)) for body in bodies]
            figures = [np.percentile(times, share) for times in (plain, ranked) for share in (50, 99)]
            print(f"{'':>9} {name:26} " + " ".join(f"{one:8.2f}" for one in figures), flush=True)
            print(json.dumps({"items": items, "query": name, "milliseconds": figures}), flush=True)


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=100)
    arguments = parser.parse_args()
    print("CPU ms: plain p50, plain p99, personalized p50, personalized p99")
    for items in arguments.items:
        measure(items, arguments.queries)


if __name__ == "__main__":
    main()
