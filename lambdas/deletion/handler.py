"""The work of the `data-deletion` state machine, a step per call.

An event is {"action": "plan" | "erase" | "count", "plan": what begin answered, "item": an element of the list
of work}. Ids of users are read from the caller's file at each call: the lake never has a list of them.
"""

import json
from hashlib import blake2b
from typing import Any

import boto3
from botocore.config import Config

from lambdas.deletion.lake_files import (
    Note,
    forget,
    forget_all,
    forget_versions,
    without_events,
    without_lines,
    without_users,
)
from lambdas.deletion.planning import plan_work
from lambdas.deletion.tables import THREADS, Tables
from lambdas.deletion.users import read_users
from lambdas.stores.caller_access import CallerAccess
from lambdas.stores.lake import LakeBucket
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.lake_layout import DeletionFolder, failure_reason
from tastemaker.contracts.plans import DataDeletionPlan
from tastemaker.failures import WorkFailedError

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6}, max_pool_connections=2 * THREADS)


class DataDeletion:
    """The steps, wired."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.session = settings, boto3.Session()
        self.s3 = self.session.client("s3", config=CONFIG)
        self.access = CallerAccess(self.session, self.s3, settings.data_buckets)
        self.lake = LakeBucket(self.s3, settings.lake_bucket)
        dynamodb = self.session.client("dynamodb", config=CONFIG)
        self.tables = Tables(
            dynamodb, settings.profiles_table, settings.catalog_table, settings.recommendations_table
        )

    def run(self, action: str, plan: DataDeletionPlan, item: dict[str, Any]) -> Any:
        """One step. Raises WorkFailedError, whose text is the failure reason, and ValueError."""
        try:
            match action:
                case "plan":
                    return plan_work(self.lake, plan, self._users(plan))
                case "delete":
                    return self._counted(plan, item)
                case "count":
                    forget(self.lake, DeletionFolder(plan["folder"]).sessions)
                    return {"numDeleted": sum(self._counts(plan))}
        except WorkFailedError as error:
            self.lake.write(failure_reason(plan["folder"]), str(error))
            raise
        raise ValueError(f"There is no action {action!r}.")

    def _users(self, plan: DataDeletionPlan) -> list[str]:
        return read_users(self.access.source(plan["source"], plan.get("roleArn")), plan["source"])

    def _counted(self, plan: DataDeletionPlan, item: dict[str, Any]) -> int:
        """Erase one piece. How much it is gets noted before it is gone: a second try finds less, or nothing,
        which would be told."""
        key = DeletionFolder(plan["folder"]).count(_name(item))
        before = next((int(self.lake.read(one)) for one, _ in self.lake.objects(key)), 0)

        def note(count: int) -> None:
            if count > before:
                self.lake.write(key, str(count))

        return max(before, self._delete(plan, item, note))

    def _counts(self, plan: DataDeletionPlan) -> list[int]:
        return [
            int(self.lake.read(key)) for key, _ in self.lake.objects(DeletionFolder(plan["folder"]).counts)
        ]

    def _delete(self, plan: DataDeletionPlan, item: dict[str, Any], note: Note) -> int:
        what, key = item["what"], item.get("key", "")
        if what == "left":
            forget_all(self.lake, key)
            return 0
        if what == "history":
            forget_versions(self.lake, key)
            return 0
        users = self._users(plan)
        if what == "lines":
            without_lines(self.lake, key, users)
            return 0
        if what == "rows":
            # What did not count as data does not count as deleted.
            return without_users(self.lake, key, users, note if item["visible"] else lambda _: None)
        sessions = json.loads(self.lake.read(DeletionFolder(plan["folder"]).sessions))
        if what == "events":
            return without_events(self.lake, key, users, sessions, note)
        datasets = [one["arn"] for one in plan["datasets"] if one["type"] == "USERS"]
        names = [*users, *sessions][item["from"] : item["to"]]
        self.tables.forget_lists(names, plan["lists"])
        note(self.tables.count(plan["datasetGroup"], names, datasets))
        return self.tables.forget(plan["datasetGroup"], names, datasets)


def _name(item: dict[str, Any]) -> str:
    """A piece's own name, whatever else is on the list: a job that is started again may find other files."""
    if item["what"] == "tables":
        return f"tables-{item['from']:012}"
    return blake2b(f"{item['what']} {item['key']}".encode(), digest_size=16).hexdigest()


_job: DataDeletion | None = None


def handle(event: dict[str, Any], context: Any = None) -> Any:
    """One step of a job."""
    global _job
    _job = _job or DataDeletion(Settings())
    logger.append_keys(arn=event["plan"]["arn"])
    return _job.run(event["action"], event["plan"], event.get("item") or {})
