"""The time of a filter on a large catalog, compared with one pass over the item matrix.

    python -m benchmarks.serving.filters [ITEMS]

By default the catalog has 1 million items, with a multi-valued and a single-valued text column and a column
of numbers. Each filter keeps about 10 %. "new" is a mask computed from the columns, "kept" one for another
user whose static part is in the cache. The reference is `np.sum` over float32[items, 64], the time to read
every item's vector once on this machine. Figures are the best of many runs with one thread.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle

import numpy as np

from tastemaker.columns import Column, Columns
from tastemaker.filters import Filter, FilterContext, dump, parse
from tastemaker.ids import Ids
from tastemaker.masks import Mask, MaskCache

FILTERS = {
    "tags, many per item": "INCLUDE ItemID WHERE Items.TAGS IN ($TAGS)",
    "tags and price": "INCLUDE ItemID WHERE Items.TAGS IN ($TAGS) AND Items.PRICE < 95",
    "brand, one per item": 'INCLUDE ItemID WHERE Items.BRAND IN ("brand-0","brand-1","brand-2","brand-3")',
    "price": "INCLUDE ItemID WHERE Items.PRICE < 10",
    "tags, less what was bought": (
        "INCLUDE ItemID WHERE Items.TAGS IN ($TAGS) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)"
    ),
}
TAGS = 200
COLD = "import time; t = time.perf_counter(); {0}; print((time.perf_counter() - t) * 1e3)"


def catalog(items: int, seed: int = 0) -> Columns:
    """Return random columns. An item has two of two hundred tags on average."""
    random = np.random.default_rng(seed)
    offsets = np.zeros(items + 1, np.int64)
    np.cumsum(random.integers(0, 5, items), out=offsets[1:])
    tags = random.integers(0, TAGS, offsets[-1]).astype(np.int32)
    brands = random.integers(0, 40, items).astype(np.int32)
    return Columns(
        {
            "TAGS": Column(
                "categorical",
                vocabulary=Ids.build(f"tag-{n:03}" for n in range(TAGS)),
                offsets=offsets,
                codes=tags,
            ),
            "BRAND": Column(
                "string",
                vocabulary=Ids.build(f"brand-{n}" for n in range(40)),
                offsets=np.arange(items + 1),
                codes=brands,
            ),
            "PRICE": Column("number", values=random.uniform(0, 100, items)),
        }
    )


def best(work: Callable[[], object], repeat: int = 30) -> float:
    """Return the milliseconds of the fastest run."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def cold(statement: str) -> float:
    """Return the milliseconds of a statement in a new process with numpy, the fastest of five."""
    program = "import numpy; " + COLD.format(statement)
    runs = (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(5)
    )
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Time filters on a synthetic catalog, whose size is the first argument, and print the fastest times."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    columns = catalog(items)
    random = np.random.default_rng(1)
    tags = ",".join(f'"tag-{n:03}"' for n in range(11))  # 11 of 200, two per item: about 10 %
    users = cycle([{"buy": random.integers(0, items, 100)} for _ in range(16)])
    matrix = random.standard_normal((items, 64), dtype=np.float32)
    scan = best(matrix.sum, 10)

    def answer(filter: Filter, cache: MaskCache | None = None) -> Mask:
        values = {"TAGS": tags} if filter.parameters else {}
        return filter.mask(FilterContext(columns, values, next(users), cache=cache))

    print(f"{items:,} items; np.sum of float32[{items:,}, 64]: {scan:.2f} ms\n")
    print(f"{'filter':28} {'keeps':>6} {'new ms':>8} {'kept ms':>8} {'new/scan':>9} {'kept/scan':>9}")
    for name, text in FILTERS.items():
        filter = parse(text)
        cache = MaskCache()
        share = answer(filter, cache).count() / items
        new = best(partial(answer, filter))
        kept = best(partial(answer, filter, cache))
        print(f"{name:28} {share:6.1%} {new:8.3f} {kept:8.3f} {new / scan:9.2f} {kept / scan:9.4f}")

    text = FILTERS["tags and price"]
    compiled = dump(parse(text))
    print("\nin a fresh process, numpy imported already:")
    print(f"  import tastemaker.filters                  {cold('import tastemaker.filters'):7.1f} ms")
    load = f"from tastemaker.filters import load; load({compiled!r})"
    print(f"  … and load of a compiled filter            {cold(load):7.1f} ms")
    read = f"from tastemaker.filters import parse; parse({text!r})"
    print(f"  … or parse of its text (imports the parser) {cold(read):6.1f} ms")
    print(f"  parse, warm                                {best(lambda: parse(text)):7.3f} ms")


if __name__ == "__main__":
    main()
