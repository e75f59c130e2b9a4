"""The state of a run: restored before the first request, and recorded from then on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from local.account import Account
from local.http.messages import Request, Response
from local.moto_patches import pinned
from local.state import objects as stored_objects
from local.state import requests
from local.state.directory import FORMAT, Description, StateDirectory, StateError
from local.state.executions import Executions
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

    def restore(self, answer: Answer) -> None:
        """Put everything back, after the template has been provisioned. `answer` is moto's application.

        Raises StateError if the state has data of a table or a bucket that does not exist.
        """
        saved = self._saved
        of_buckets = [entry for entry in saved.requests if requests.is_of_bucket(entry)]
        others = [entry for entry in saved.requests if not requests.is_of_bucket(entry)]
        requests.repeat(of_buckets, answer, self._terminal)
        self._refuse_missing(self._objects.missing({bucket for bucket, _ in saved.objects}), "bucket")
        for (bucket, key), versions in saved.objects.items():
            self._objects.restore(bucket, key, versions)
        requests.repeat(others, answer, self._terminal)
        self._refuse_missing(self._tables.missing(list(saved.tables)), "table")
        for name, items in saved.tables.items():
            self._tables.restore(name, items)
        for name in self._records.restore(saved.records):
            self._terminal.warn(f"state: records of the stream {name}, which does not exist, are skipped")
        unfinished = self.executions.restore(saved.executions, saved.ends)
        count = sum(map(len, saved.tables.values()))
        text = f"; {unfinished} interrupted executions end as failed" if unfinished else ""
        self._terminal.write(f"state of {self.folder}: {count} items, {len(saved.objects)} objects{text}")

    def _refuse_missing(self, names: list[str], what: str) -> None:
        if names:
            raise StateError(
                f"{self.folder} has data of the {what} {names[0]}, which this version of the app does not "
                "create. Start the version that wrote the state, or choose another directory."
            )

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
