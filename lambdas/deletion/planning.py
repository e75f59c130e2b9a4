"""What a deletion has to look at: Parquet files of the datasets that name users, streamed events, what
trainings and failed batch jobs have left, older versions of all that, tables.

A dataset's files are looked at whether they count or not: those of imports that another has replaced, or that
were stopped, are still there.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.lake_layout import DeletionFolder, is_upserts_key, prepared_prefix_of
from tastemaker.contracts.plans import DataDeletionPlan
from tastemaker.contracts.streamed_event import event_columns

USERS_AT_ONCE = 20_000


def plan_work(lake: LakeBucket, plan: DataDeletionPlan, users: Sequence[str]) -> dict[str, int]:
    """Write `plan["work"]`, the list for the map state, and the sessions of the users beside it."""
    wanted = set(users)
    work: list[dict[str, Any]] = []
    for dataset in plan["datasets"]:
        visible = tuple(dataset["visible"])
        work += [
            {"what": "rows", "key": key, "visible": key.startswith(visible)}
            for key in parquet.keys(lake, dataset["folder"])
        ]
    event_files = [*parquet.keys(lake, plan["events"]), *parquet.keys(lake, plan["actionEvents"])]
    work += [{"what": "events", "key": key} for key in event_files]
    trainings = [key for key, _ in lake.objects(plan["trainings"])]
    work += [{"what": "lines", "key": key} for key in trainings if is_upserts_key(key, "USERS")]
    # A training that is started again prepares its events again.
    prepared = {prefix for key in trainings if (prefix := prepared_prefix_of(key)) is not None}
    work += [{"what": "left", "key": prefix} for prefix in (*plan["left"], *sorted(prepared))]
    work += [{"what": "history", "key": prefix} for prefix in plan["history"]]
    sessions = sorted({one for key in event_files for one in _sessions(lake, key, wanted)})
    lake.write(DeletionFolder(plan["folder"]).sessions, json.dumps(sessions))
    count = len(users) + len(sessions)
    work += [
        {"what": "tables", "from": start, "to": min(start + USERS_AT_ONCE, count)}
        for start in range(0, count, USERS_AT_ONCE)
    ]
    lake.write(plan["work"], json.dumps(work))
    return {"users": len(users), "sessions": len(sessions), "pieces": len(work)}


def _sessions(lake: LakeBucket, key: str, users: Collection[str]) -> set[str]:
    """Sessions in which one of the users sent an event: what was done before a login is theirs too."""
    rows = parquet.rows(lake, key, event_columns("userId", "sessionId"))
    return {session for user, session in rows if user in users and session}
