"""The state of a run: restored before the first request, and recorded from then on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from local.account import Account
from local.cloudformation.moto_types import MotoTypes
from local.cloudformation.stack_store import StackStore
from local.cloudformation.stacks import ResourceFailedError
from local.http.messages import Request, Response
from local.moto_patches import pinned
from local.state import objects as stored_objects
from local.state import requests
from local.state.directory import FORMAT, Description, StateDirectory, StateError
from local.state.executions import Executions
from local.state.journal import ClosedError, Entry
from local.state.objects import Objects
from local.state.recorder import Recorder
from local.state.snapshot import load_snapshot
from local.state.streams import KeptStreams, KinesisRecords
from local.state.tables import Tables
from local.terminal import Terminal

Answer = Callable[[Request], Response]


def open_state(
    folder: Path | None,
    account: Account,
    *,
    stage: str,
    stack: str,
    terminal: Terminal,
    seed: Path | None = None,
) -> KeptState | None:
    """The state of a directory, which a snapshot fills if it has none; None without a directory.

    Raises StateError.
    """
    if folder is None:
        return None
    if seed is not None and not load_snapshot(seed, folder):
        terminal.write(f"{folder} has a state already: the snapshot {seed} is not loaded")
    return KeptState(folder, account, stage=stage, stack=stack, terminal=terminal)


class KeptState:
    """A directory, and the parts of moto whose state is in it."""

    def __init__(self, folder: Path, account: Account, *, stage: str, stack: str, terminal: Terminal) -> None:
        """Open the directory.

        Raises StateError if another run has it, or if it has the state of another version, stage or region.
        """
        self._stack = stack
        description = Description(FORMAT, stage, account.region, account.id, stack)
        self._directory = StateDirectory(folder, description)
        self._terminal = terminal
        self._account = account
        pinned.install()
        stored_objects.install()
        self._saved = self._directory.saved
        self._objects = Objects(account, self._directory)
        self._tables = Tables(account)
        self._records = KinesisRecords(account)
        self.executions = Executions(account, self._directory.journal)
        self.streams = KeptStreams(self._directory.journal, self._saved)

    @property
    def folder(self) -> Path:
        return self._directory.folder

    def restore(self, answer: Answer, others: MotoTypes) -> None:
        """Put everything back, after the template has been provisioned.

        `answer` is moto's application, and `others` creates resources of stacks without a request. Raises
        StateError if the state has data of a table or a bucket of the app that does not exist.
        """
        saved = self._saved
        self._repeat(answer, others)
        others.record(self._note)
        for name, items in saved.tables.items():
            if not self._tables.missing([name]):
                self._tables.restore(name, items)
        self._report_missing({bucket for bucket, _ in saved.objects if not self._objects.has_bucket(bucket)})
        self._report_missing(set(self._tables.missing(list(saved.tables))))
        for name in self._records.restore(saved.records):
            self._terminal.warn(f"state: records of the stream {name}, which does not exist, are skipped")
        unfinished = self.executions.restore(saved.executions, saved.ends)
        count = sum(map(len, saved.tables.values()))
        text = f"; {unfinished} interrupted executions end as failed" if unfinished else ""
        self._terminal.write(f"state of {self.folder}: {count} items, {len(saved.objects)} objects{text}")

    def restore_stacks(self, stacks: StackStore, others: MotoTypes) -> None:
        """Put the stacks back, and keep them from now on."""
        stacks.keep(self._saved.stacks, others.attributes, self._note)

    def _repeat(self, answer: Answer, others: MotoTypes) -> None:
        """Perform kept requests again, in their order.

        The objects of a bucket are put back before the first request that may read them: the code of a
        function, or a template. A bucket that a request deletes was empty then.
        """
        left = set(self._objects_of)
        for entry in self._saved.requests:
            if not requests.is_of_bucket(entry):
                left -= self._put_objects(left)
            elif (bucket := requests.deleted_bucket(entry)) and self._objects.has_bucket(bucket):
                self._objects.empty(bucket)
                left.add(bucket)
            if entry["type"] == "request":
                requests.repeat(entry, answer, self._terminal)
                continue
            try:
                others.repeat(entry)
            except ResourceFailedError as error:
                place = f"{entry['request']['logical_id']} of the stack {entry['request']['stack_name']}"
                self._terminal.warn(f"state: {place} cannot be restored: {error}")
        self._put_objects(left)

    def _put_objects(self, buckets: set[str]) -> set[str]:
        """Put the objects of those buckets back that exist. Returns these buckets."""
        found = {bucket for bucket in buckets if self._objects.has_bucket(bucket)}
        for bucket in found:
            for key, versions in self._objects_of[bucket]:
                self._objects.restore(bucket, key, versions)
        return found

    @cached_property
    def _objects_of(self) -> dict[str, list[tuple[str, list[dict[str, Any]]]]]:
        """Bucket → the keys and versions of its saved objects."""
        found = defaultdict(list)
        for (bucket, key), versions in self._saved.objects.items():
            found[bucket].append((key, versions))
        return dict(found)

    def _report_missing(self, names: set[str]) -> None:
        """Skip data whose bucket or table is gone. Raises StateError if it should be one of the app."""
        for name in sorted(names):
            if name.startswith(f"{self._stack}-"):
                raise StateError(
                    f"{self.folder} has data of {name}, which this version of the app does not create. Start "
                    "the version that wrote the state, or choose another directory."
                )
            self._terminal.warn(f"state: data of {name}, which does not exist any more, are skipped")

    def _note(self, entry: Entry) -> None:
        try:
            self._directory.journal.append(entry)
        except ClosedError:  # the run has ended, and a thread of it is not done yet
            pass
        except OSError as error:
            self._terminal.warn(f"state: {self.folder} misses a change of a stack: {error}")

    def recorder(self) -> Recorder:
        """What records requests from now on."""
        return Recorder(
            self._account,
            self._directory,
            objects=self._objects,
            tables=self._tables,
            records=self._records,
            executions=self.executions,
        )

    def close(self) -> None:
        self._directory.close()
