"""The deletion function: one step of the data deletion state machine per call.

A schedule calls it once a day with {"action": "compact"}, because it may rewrite the files of events.

An event is {"action": "plan" | "delete" | "count", "plan": the answer of the first step, "item": a task}. The
ids of users are read from the caller's file at each call, so that the lake never has a list of them: it has
a digest of the list, and a call that reads another list fails.
"""

import json
from hashlib import blake2b
from typing import Any

import boto3
from botocore.config import Config

from lambdas.deletion.compaction import Compaction
from lambdas.deletion.lake_files import (
    OnCount,
    delete_event_rows,
    delete_object,
    delete_old_versions,
    delete_prefix,
    delete_upsert_lines,
    delete_user_rows,
)
from lambdas.deletion.planning import Task, plan_tasks, planned_tasks
from lambdas.deletion.tables import THREADS, Tables
from lambdas.deletion.users import digest_of, read_users
from lambdas.stores import parquet
from lambdas.stores.caller_access import CallerAccess
from lambdas.stores.lake import LakeBucket
from lambdas.stores.plans import resolved
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.compaction import is_compacted
from tastemaker.contracts.job_folders import DeletionFolder
from tastemaker.contracts.lake_layout import failure_reason
from tastemaker.contracts.plans import DataDeletionPlan
from tastemaker.failures import WorkFailedError, reason_for

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6}, max_pool_connections=2 * THREADS)


class DataDeletion:
    """The steps with their clients."""

    def __init__(self, settings: Settings) -> None:
        session = boto3.Session()
        s3 = session.client("s3", config=CONFIG)
        self.access = CallerAccess.connect(session, s3, settings)
        self.lake = LakeBucket(s3, settings.lake_bucket)
        self.tables = Tables(
            session.client("dynamodb", config=CONFIG),
            settings.profiles_table,
            settings.catalog_table,
            settings.recommendations_table,
        )

    def run(self, action: str, plan: DataDeletionPlan, item: Task | None) -> Any:
        """One step. What it raises is the failure reason, which is stored in the job's folder."""
        plan = resolved(self.lake, plan)
        if item is not None and "tasks" in item:
            return sum(self.run(action, plan, task) for task in item["tasks"])
        try:
            match action:
                case "plan":
                    users = self._read_users(plan)
                    self.lake.write(DeletionFolder(plan["folder"]).users_digest, digest_of(users))
                    return plan_tasks(self.lake, plan, users)
                case "delete" if item is not None:
                    return self._delete_once(plan, item)
                case "count":
                    self._delete_from_new_files(plan)
                    delete_object(self.lake, DeletionFolder(plan["folder"]).sessions)
                    return {"numDeleted": sum(self._counts(plan))}
        except Exception as error:
            # Step Functions does not report why an element of a map state failed.
            what = item["key"] if item is not None and "key" in item else f"The step {action!r}"
            self.lake.write(failure_reason(plan["folder"]), reason_for(error, what))
            raise
        raise ValueError(f"There is no action {action!r}.")

    def _users(self, plan: DataDeletionPlan) -> list[str]:
        """The users for whom the tasks were planned. Raises WorkFailedError if the list may be another one.

        A task deletes by the number of a user in the list, and each reads the list again.
        """
        users = self._read_users(plan)
        digest = DeletionFolder(plan["folder"]).users_digest
        if not self._exists(digest):
            raise WorkFailedError(
                "An earlier release of Tastemaker began this job and did not note its list of users, and an "
                "upgrade has interrupted it. Create the job again: it deletes what is left."
            )
        if digest_of(users) != self.lake.read(digest):
            raise WorkFailedError(
                f"The list of users at {plan['source']} changed while the job ran, so that some users may be "
                "left; leave it as it is, and create the job again."
            )
        return users

    def _exists(self, key: str) -> bool:
        """Whether there is an object. A list says so; a read is denied if the role may list some keys only.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, Permissions.
        """
        return any(found == key for found, _ in self.lake.objects(key))

    def _read_users(self, plan: DataDeletionPlan) -> list[str]:
        return read_users(self.access.source(plan["source"], plan.get("roleArn")), plan["source"])

    def _delete_once(self, plan: DataDeletionPlan, task: Task) -> int:
        """Perform one task.

        The number of its rows is stored before they are deleted, because a repeated call finds fewer rows or
        none, and would report that number.
        """
        key = DeletionFolder(plan["folder"]).count(_task_name(task))
        before = next((int(self.lake.read(found)) for found, _ in self.lake.objects(key)), 0)

        def store(count: int) -> None:
            if count > before:
                self.lake.write(key, str(count))

        return max(before, self._delete(plan, task, store))

    def _delete_from_new_files(self, plan: DataDeletionPlan) -> None:
        """Delete the users' events from days that were compacted after the tasks were planned.

        A day that still has its sources may have been compacted again, from a source that was not clean yet.
        """
        planned = {task.get("key") for task in planned_tasks(self.lake, plan)}
        found = [*parquet.keys(self.lake, plan["events"]), *parquet.keys(self.lake, plan["actionEvents"])]
        with_sources = {key.rpartition("/")[0] for key in found if not is_compacted(key)}
        new = [
            key
            for key in found
            if is_compacted(key) and (key not in planned or key.rpartition("/")[0] in with_sources)
        ]
        if new:
            users = self._users(plan)
            sessions = json.loads(self.lake.read(DeletionFolder(plan["folder"]).sessions))
            for key in new:
                delete_event_rows(self.lake, key, users, sessions, lambda _: None)

    def _counts(self, plan: DataDeletionPlan) -> list[int]:
        counts = DeletionFolder(plan["folder"]).counts
        return [int(self.lake.read(key)) for key, _ in self.lake.objects(counts)]

    def _delete(self, plan: DataDeletionPlan, task: Task, on_count: OnCount) -> int:
        what, key = task["what"], task.get("key", "")
        if what == "left":
            delete_prefix(self.lake, key)
            return 0
        if what == "history":
            delete_old_versions(self.lake, key)
            return 0
        users = self._users(plan)
        if what == "lines":
            delete_upsert_lines(self.lake, key, users)
            return 0
        if what == "rows":
            # Rows that are not visible do not count as data, so they do not count as deleted.
            return delete_user_rows(self.lake, key, users, on_count if task["visible"] else lambda _: None)
        sessions = json.loads(self.lake.read(DeletionFolder(plan["folder"]).sessions))
        if what == "events":
            if task.get("visible", True):
                return delete_event_rows(self.lake, key, users, sessions, on_count)
            if not self._exists(key):
                return 0
            try:
                return delete_event_rows(self.lake, key, users, sessions, lambda _: None)
            except (
                self.lake.client.exceptions.NoSuchKey,
                LookupError,
            ):  # compaction has deleted it meanwhile
                return 0
        datasets = [dataset["catalog"] for dataset in plan["datasets"] if dataset["type"] == "USERS"]
        names = [*users, *sessions][task["from"] : task["to"]]
        self.tables.delete_lists(names, plan["lists"])
        on_count(self.tables.count(plan["eventGroups"], names, datasets))
        return self.tables.delete(plan["eventGroups"], names, datasets)


def _task_name(task: Task) -> str:
    """A name that depends on the task only: a job that is started again may list other files."""
    if task["what"] == "tables":
        return f"tables-{task['from']:012}"
    return blake2b(f"{task['what']} {task['key']}".encode(), digest_size=16).hexdigest()


_job: DataDeletion | None = None


def handle(event: dict[str, Any], context: Any = None) -> Any:
    """Run one step of a job, or the daily compaction."""
    global _job
    _job = _job or DataDeletion(Settings())
    if event["action"] == "compact":
        done = Compaction(_job.lake).run(lambda: context.get_remaining_time_in_millis() / 1000)
        logger.info("compacted", extra=done)
        return done
    logger.append_keys(arn=event["plan"]["arn"])
    return _job.run(event["action"], event["plan"], event.get("item"))
