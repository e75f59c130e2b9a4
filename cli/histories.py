"""What users did, from a prepared file: for lists beside histories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

MIN_HISTORY = 3


def typical_users(counts: Counter[str], number: int) -> list[str]:
    """Users to show: one with a typical number of interactions, one with many, and one with few."""
    usable = sorted((count, user) for user, count in counts.items() if count >= MIN_HISTORY)
    if not usable:
        return [user for user, _ in counts.most_common(number)]
    places = [len(usable) // 2, 9 * len(usable) // 10, len(usable) // 4]
    return list(dict.fromkeys(usable[place][1] for place in places))[:number]


def histories(path: Path, users: Sequence[str], newest: int) -> dict[str, list[str]]:
    """User → the newest items, the newest last."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    wanted = pa.array(list(users), pa.string())
    columns = ["USER_ID", "ITEM_ID", "TIMESTAMP"]
    reader = pa_csv.open_csv(
        path,
        parse_options=pa_csv.ParseOptions(escape_char="\\", newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            include_columns=columns,
            column_types={"USER_ID": pa.string(), "ITEM_ID": pa.string(), "TIMESTAMP": pa.int64()},
        ),
    )
    for batch in reader:
        some = batch.filter(pc.is_in(batch.column("USER_ID"), wanted))
        cells = [some.column(name).to_pylist() for name in columns]
        for user, item, at in zip(*cells, strict=True):
            found[user].append((at, item))
    return {
        user: [item for _, item in sorted(events, key=lambda one: one[0])[-newest:]]
        for user, events in found.items()
    }
