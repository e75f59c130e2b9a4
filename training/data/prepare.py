"""Read the datasets in the lake into arrays that models are fitted on.

It is made for many events: `training.data.events` orders them as integers, and no data frame is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tastemaker.columns import BOOLEAN, CATEGORICAL, NUMBER, Column, Columns
from tastemaker.models.bundle import HISTORY_LENGTH, SEGMENTS_HISTORY_LENGTH, Histories
from tastemaker.recipes import RECIPES
from training.config import Config, EventRule, Limits
from training.data import features, parquet
from training.data.ages import measure
from training.data.creations import CREATION_COLUMN, creations
from training.data.dictionary_encoding import encode_columns, texts_of
from training.data.event_rules import ruled, thresholds_of
from training.data.events import Events, group_by_user, open_prepared, with_common_ids
from training.data.prepared import Prepared, Sequences
from training.data.ties import mixed
from training.data.user_ranges import EVERYONE, UserRange, range_of
from training.distributed.process_group import SINGLE, ProcessGroup
from training.distributed.quantiles import order_statistic
from training.errors import NotEnoughDataError
from training.progress import log

ARROW = {NUMBER: pa.float64(), BOOLEAN: pa.bool_()}
MAX_NAMED = 10
"""Records that a warning names."""
NEVER_FEATURES = frozenset({"ITEM_ID", "USER_ID", CREATION_COLUMN})


def prepare(config: Config, root: Path, group: ProcessGroup = SINGLE) -> Prepared:
    """Read everything under `root` that the configuration names, of this process's users.

    Raises NotEnoughDataError with the service's own phrases, or BadDataError.
    """
    context = context_columns(config)
    events, within = read_events(config, root, context, group)
    skipped: dict[str, dict[str, str]] = {}
    item_table = attributes(config, root, "ITEMS", "ITEM_ID", skipped)
    user_table = attributes(config, root, "USERS", "USER_ID", skipped, within)

    items, (item_of, item_row) = encode_columns([texts_of(events.items), item_table["ITEM_ID"]])
    users, (user_of, user_row) = encode_columns([texts_of(events.users), user_table["USER_ID"]])
    offsets = _offsets(len(users), user_of, events.offsets)
    item, time = item_of[events.item], events.time
    event_type, event_types = events.event_type, events.types.tolist()
    space, cells = features.context_space(
        context, config.datasets["INTERACTIONS"].column_types(), events.vocabularies, events.context, group
    )
    about = ruled(config.rules, event_types, event_type, events.value, group)
    everything = Sequences(offsets, item, time, event_type, about.weights, cells, group)
    sequences = _capped(everything.keep(about.weights > 0), config.limits, len(items))
    _check(sequences, config.rules, config.limits, _by_type(event_type, event_types, group))

    item_columns = columns_of(config, "ITEMS", item_table, item_row, len(items))
    user_columns = columns_of(config, "USERS", user_table, user_row, len(users))
    user_columns = features.with_common_values(user_columns, group)
    item_space, item_features = features.build(item_columns, excluded_features(config, "ITEMS"))
    user_space, user_features = features.build(user_columns, excluded_features(config, "USERS"), group)
    prepared = Prepared(
        items=items,
        users=users,
        sequences=sequences,
        histories=Histories(offsets, item, time, about.numbers).newest(_kept(config)),
        event_types=event_types,
        least_values=about.least,
        trained_types=about.trained,
        unknown_types=all(rule.event_type is None for rule in config.rules),
        item_columns=item_columns,
        user_columns=user_columns,
        item_space=item_space,
        item_features=item_features,
        user_space=user_space,
        user_features=user_features,
        context_space=space,
        item_created=creations(item_columns, everything),
        duplicates=None if events.duplicates is None else group.total(events.duplicates),
        skipped_upserts=skipped,
    )
    return replace(prepared, ages=measure(prepared))


def _kept(config: Config) -> int:
    """How many of a user's newest events the bundle keeps."""
    segments = any(one.name == config.recipe and one.model_name == "affinity" for one in RECIPES)
    return SEGMENTS_HISTORY_LENGTH if segments else HISTORY_LENGTH


def _offsets(users: int, user_of: NDArray[np.integer], of_events: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where the events of each user begin. `user_of` is the user of each group of `of_events`."""
    lengths = np.zeros(users, np.int64)
    lengths[user_of] = np.diff(of_events)
    return np.concatenate([[0], np.cumsum(lengths)])


def read_events(
    config: Config, root: Path, context: Sequence[str], group: ProcessGroup = SINGLE
) -> tuple[Events, UserRange]:
    """This process's interactions, with the ids of items of all processes, and its range of users.

    They come from imports and streams, or are read as they were prepared on many machines.
    """
    if config.prepared:
        events, within = open_prepared(root, config.prepared, group)
    else:
        source = config.datasets["INTERACTIONS"]
        within = range_of(parquet.users(root, source, config.events), group)
        events = group_by_user(parquet.interactions(root, source, config.events, context, within), context)
    return mixed(with_common_ids(events, group), group), within


def excluded_features(config: Config, dataset_type: str) -> frozenset[str]:
    """The columns that the model must not read."""
    return config.excluded.get(dataset_type, frozenset()) | NEVER_FEATURES


def context_columns(config: Config) -> list[str]:
    """The columns of interactions that are read as context."""
    excluded = config.excluded.get("INTERACTIONS", frozenset())
    return [
        name
        for name, column_type in config.datasets["INTERACTIONS"].columns
        if column_type in (CATEGORICAL, NUMBER) and name not in parquet.RESERVED and name not in excluded
    ]


def _by_type(
    event_type: NDArray[np.int16], event_types: Sequence[str], group: ProcessGroup
) -> dict[str, int]:
    """The number of events of each type in all processes."""
    counts = group.sum(np.bincount(event_type[event_type >= 0], minlength=len(event_types))).tolist()
    return dict(zip(event_types, counts, strict=True))


def _capped(sequences: Sequences, limits: Limits, items: int) -> Sequences:
    """The newest interactions within the limits, and of those the items with the newest interactions."""
    oldest = sequences.total() - limits.maximum_interactions
    if oldest > 0:
        sequences = sequences.keep(~_oldest(sequences, oldest))
    present = np.flatnonzero(sequences.counts(items))
    if len(present) > limits.maximum_items:
        newest = sequences.newest_times(items)
        kept = np.zeros(items, bool)
        kept[present[np.argsort(-newest[present], kind="stable")[: limits.maximum_items]]] = True
        sequences = sequences.keep(kept[sequences.items])
    return sequences


def _oldest(sequences: Sequences, count: int) -> NDArray[np.bool_]:
    """Which events are among the oldest `count` of all processes. Of equal times, the first users' are."""
    last = order_statistic(sequences.times, count - 1, sequences.group)
    older, equal = sequences.times < last, np.flatnonzero(sequences.times == last)
    before = sum(sequences.group.gather(len(equal))[: sequences.group.rank])
    older[equal[: max(count - sequences.group.total(np.count_nonzero(older)) - before, 0)]] = True
    return older


def _check(
    sequences: Sequences, rules: Sequence[EventRule], limits: Limits, of_type: Mapping[str, int]
) -> None:
    """Check the service's minimums. Raises NotEnoughDataError in the words that programs look for.

    `of_type` is the number of events of each type, before any rule.
    """
    count = sequences.total()
    if count < limits.minimum_interactions:
        types = [rule.event_type for rule in rules if rule.event_type is not None]
        named = ", ".join(types) or "all"
        raise NotEnoughDataError(
            f"Dataset has fewer than {limits.minimum_interactions} interactions "
            f"after filtering by event type: {named}. "
            f"There are {count:,}: import more interactions, or train on other event types."
            f"{_known_types(of_type) if types else ''}{thresholds_of(rules)}"
        )
    users = sequences.group.total(np.count_nonzero(sequences.lengths >= 2))
    if users < limits.minimum_users:
        raise NotEnoughDataError(
            f"Dataset has fewer than {limits.minimum_users} users with at least 2 interactions each. "
            f"There are {users}: import more interactions."
        )


def _known_types(of_type: Mapping[str, int]) -> str:
    """A sentence with the event types that the data have, most frequent first."""
    if not of_type:
        return " No event has a type."
    most = sorted(of_type.items(), key=lambda one: -one[1])
    named = ", ".join(f"{name} {count:,}" for name, count in most[:MAX_NAMED])
    more = f" and {len(most) - MAX_NAMED:,} more types" if len(most) > MAX_NAMED else ""
    return f" The data have the event types {named}{more}."


def attributes(
    config: Config,
    root: Path,
    name: str,
    key: str,
    skipped: dict[str, dict[str, str]] | None = None,
    within: UserRange = EVERYONE,
) -> pa.Table:
    """The imported and put rows of a dataset. If an id occurs twice, the newest row counts.

    Of users, only those `within` the range are read.

    Put records with values that do not have the type of their column are left out, logged, and added to
    `skipped` under the name of the dataset: each id with the reason.
    """
    source = config.datasets.get(name)
    if source is None or not (source.prefixes or source.put):
        return pa.Table.from_pydict({key: pa.array([], pa.string())})
    columns = {column: ARROW.get(column_type, pa.string()) for column, column_type in source.columns}
    table, times, left_out = parquet.records(root, source, columns, key, name.capitalize(), within)
    if left_out:
        log(f"warning: {skipped_warning(name, left_out)}")
        if skipped is not None:
            skipped[name] = left_out
    valid = table[key].is_valid()
    table = table.filter(valid)
    # Put records stay when a full import replaces the imported ones. The last one written counts.
    table = table.take(np.argsort(times[valid.to_numpy()], kind="stable"))
    codes = table[key].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, last = np.unique(codes[::-1], return_index=True)
    return table.take(np.sort(len(codes) - 1 - last))


def skipped_warning(dataset_type: str, skipped: Mapping[str, str]) -> str:
    """What a person reads of upserts that were left out."""
    first = "; ".join(f"{name!r} ({why})" for name, why in list(skipped.items())[:MAX_NAMED])
    return (
        f"{len(skipped):,} records of {dataset_type} that were put one at a time do not fit the schema and "
        f"are left out: {first}; put them again with valid values"
    )


def columns_of(config: Config, name: str, table: pa.Table, row_of: NDArray[np.integer], rows: int) -> Columns:
    """The attributes, one row per id of the catalog, null for an id that the dataset lacks."""
    source = config.datasets.get(name)
    if source is None:
        return Columns(rows=rows)
    place = np.full(rows, len(table))
    place[row_of] = np.arange(len(table))
    built = {}
    for column, column_type in source.columns:
        if column in ("ITEM_ID", "USER_ID", "ACTION_ID"):
            continue
        array = table[column].combine_chunks() if column in table.column_names else pa.nulls(0)
        if column_type == NUMBER:
            numbers = np.append(array.cast(pa.float64()).to_numpy(zero_copy_only=False), np.nan)
            built[column] = Column.build(column_type, numbers[place])
        else:
            cells = [*array.to_pylist(), None]
            built[column] = Column.build(column_type, [cells[p] for p in place])
    return Columns(built, rows=rows)
