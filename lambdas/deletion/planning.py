"""The tasks of a data deletion job: files with rows of users, leftovers of other jobs, old versions, tables.

All files of a dataset are on the list, not only those of visible imports: files of imports that another
import replaced, or that were stopped, still exist.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NotRequired, TypedDict

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.compaction import visible
from tastemaker.contracts.job_folders import DeletionFolder
from tastemaker.contracts.lake_layout import is_upserts_key, prepared_prefix_of
from tastemaker.contracts.plans import DataDeletionPlan
from tastemaker.contracts.streamed_event import event_columns

USERS_PER_TASK = 20_000
MAX_ELEMENTS = 20_000
"""Elements of the list of tasks. Step Functions counts the results of all of them as the output of one state,
which has at most 256 KB, also if it discards them. 262,144 bytes are 13 for each: 12 digits and a comma.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, aws-cdk issue 24799
"""

# `from` is a keyword of Python.
Task = TypedDict(
    "Task",
    {
        "what": Literal["rows", "events", "lines", "left", "history", "tables", "several"],
        "key": NotRequired[str],
        "visible": NotRequired[bool],
        "from": NotRequired[int],
        "to": NotRequired[int],
        "tasks": NotRequired[list["Task"]],
    },
)
"""One element of the list of tasks.

`rows` deletes from a file of a dataset and `events` from a file of streamed events, whose rows count only if
it is `visible`; `lines` from a file of upserts. `left` deletes all objects under a prefix, `history` their
old versions. `tables` deletes the rows of the users and sessions from number `from` up to number `to`.
`several` stands for `tasks`, which are performed one after the other.
"""


def plan_tasks(lake: LakeBucket, plan: DataDeletionPlan, users: Sequence[str]) -> dict[str, int]:
    """Write the list of tasks under `plan["work"]`, and the sessions of the users in the job's folder.

    Returns the numbers of users, sessions and tasks (`pieces`).
    """
    tasks: list[Task] = []
    for dataset in plan["datasets"]:
        imports = tuple(dataset["visible"])
        tasks += [
            {"what": "rows", "key": key, "visible": key.startswith(imports)}
            for key in parquet.keys(lake, dataset["folder"])
        ]
    # Also the files that were compacted: their rows do not count, but must not stay.
    found = [one for folder in (plan["events"], plan["actionEvents"]) for one in lake.objects(folder)]
    current = {key for key, _ in visible(found) if key.endswith(".parquet")}
    event_files = [key for key, _ in found if key.endswith(".parquet")]
    tasks += [{"what": "events", "key": key, "visible": key in current} for key in event_files]
    trainings = [key for key, _ in lake.objects(plan["trainings"])]
    tasks += [{"what": "lines", "key": key} for key in trainings if is_upserts_key(key, "USERS")]
    # A training that is started again prepares its events again.
    prepared = {prefix for key in trainings if (prefix := prepared_prefix_of(key)) is not None}
    tasks += [{"what": "left", "key": prefix} for prefix in (*plan["left"], *sorted(prepared))]
    tasks += [{"what": "history", "key": prefix} for prefix in plan["history"]]
    sessions = _sessions(lake, sorted(current), set(users))
    lake.write(DeletionFolder(plan["folder"]).sessions, json.dumps(sessions))
    count = len(users) + len(sessions)
    tasks += [
        {"what": "tables", "from": start, "to": min(start + USERS_PER_TASK, count)}
        for start in range(0, count, USERS_PER_TASK)
    ]
    lake.write(plan["work"], json.dumps(bundled(tasks)))
    return {"users": len(users), "sessions": len(sessions), "pieces": len(tasks)}


def bundled(tasks: Sequence[Task]) -> list[Task]:
    """The tasks as at most `MAX_ELEMENTS` elements: if there are more, each element has several files.

    Tasks of the same dataset come to different elements. A task that may need most of a call's time stays an
    element of its own: 20,000 users in the tables, or all old versions of a folder.
    """
    if len(tasks) <= MAX_ELEMENTS:
        return list(tasks)
    long = [task for task in tasks if task["what"] in ("history", "tables")]
    short = [task for task in tasks if task["what"] not in ("history", "tables")]
    count = min(len(short), max(1, MAX_ELEMENTS - len(long)))
    several: list[Task] = [{"what": "several", "tasks": short[first::count]} for first in range(count)]
    return several + long


def planned_tasks(lake: LakeBucket, plan: DataDeletionPlan) -> Iterator[Task]:
    """The tasks that `plan_tasks` has written."""
    element: Task
    for element in json.loads(lake.read(plan["work"])):
        yield from element.get("tasks", [element])


def _sessions(lake: LakeBucket, keys: Sequence[str], users: Collection[str]) -> list[str]:
    """The sessions in which a user sent an event: events before a login belong to the user too."""
    columns = event_columns("userId", "sessionId")
    rows = (row for key in keys for row in parquet.event_rows(lake, key, columns))
    return sorted({session for user, session in rows if user in users and session})
