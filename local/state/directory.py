"""The directory of a state: `state.json`, the journal, and a file for the bytes of each object.

One run has it at a time. It is readable by its owner only, because it has access keys and secrets.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from local.state.journal import DamagedError, Journal, read, write
from local.state.saved import SavedState

FORMAT = 1
DESCRIPTION, JOURNAL, OBJECTS, LOCK = "state.json", "journal.jsonl", "objects", "lock"
_MIN_WASTE = 1000
"""A journal is rewritten at the start if it has this many entries that no longer count, and more than twice
as many entries as it needs."""


class StateError(Exception):
    """A directory or a snapshot cannot be used. The message says why, and what to do."""


@dataclass(frozen=True)
class Description:
    """What a state belongs to. A run of another stage or region cannot use it."""

    format: int
    stage: str
    region: str
    account: str
    stack: str


class StateDirectory:
    """The directory of one run."""

    def __init__(self, folder: Path, description: Description) -> None:
        """Open or create the directory, and read its state into `saved`.

        Raises StateError if another run has it, or if its state is of another version, stage or region.
        """
        self.folder = folder.absolute()
        try:
            (self.folder / OBJECTS).mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
            self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StateError(f"{folder} cannot be the directory of a state: {error}") from error
        try:
            self._take_lock()
            self.is_new = not (self.folder / DESCRIPTION).exists()
            self._check(description)
            self.saved = self._read()
            self.journal = Journal(self.folder / JOURNAL)
        except BaseException:
            os.close(self._lock)
            raise

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = (self.folder / LOCK).read_text().strip() or "unknown"
            raise StateError(
                f"another local run uses {self.folder} (process {owner}). Stop it, or choose another one."
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    def _check(self, wanted: Description) -> None:
        if self.is_new:
            if (self.folder / JOURNAL).exists():
                raise StateError(
                    f"{self.folder} has a journal and no {DESCRIPTION}. Choose another directory."
                )
            (self.folder / DESCRIPTION).write_text(json.dumps(asdict(wanted), indent=2) + "\n")
            return
        check_description(self.folder / DESCRIPTION, wanted)

    def _read(self) -> SavedState:
        """Read the journal, rewrite it if most of it no longer counts, and remove files of no object."""
        file = self.folder / JOURNAL
        try:
            entries = read(file)
        except DamagedError as error:
            raise StateError(str(error)) from error
        saved = SavedState.of(entries)
        needed = list(saved.entries())
        if len(entries) > max(2 * len(needed), len(needed) + _MIN_WASTE):
            write(file, needed)
        used = saved.files()
        for left in (self.folder / OBJECTS).iterdir():
            if left.name not in used:
                left.unlink()
        missing = sorted(used - {found.name for found in (self.folder / OBJECTS).iterdir()})
        if missing:
            raise StateError(
                f"{self.folder} lacks {len(missing)} files of {OBJECTS}/, such as {missing[0]}. Restore it "
                "from a snapshot, or remove it to start with an empty state."
            )
        return saved

    def new_file(self) -> Path:
        """The path of a new file for the bytes of an object."""
        return self.folder / OBJECTS / uuid.uuid4().hex

    def file(self, name: str) -> Path:
        return self.folder / OBJECTS / name

    def close(self) -> None:
        """Let another run use the directory."""
        self.journal.close()
        os.close(self._lock)


def read_description(file: Path) -> Description:
    """Read `state.json`. Raises StateError if it is of another version of this program, or none at all."""
    try:
        found = json.loads(file.read_text())
        number = int(found["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"{file} does not describe a state: {error!r}") from error
    if number != FORMAT:
        newer = "a newer" if number > FORMAT else "an older"
        raise StateError(
            f"{file.parent} was written by {newer} version of Tastemaker (format {number}; this version "
            f"reads format {FORMAT}). Start that version, or choose another directory."
        )
    return Description(**{name: found[name] for name in Description.__annotations__})


def check_description(file: Path, wanted: Description) -> None:
    """Raise StateError if the state of `file` belongs to another stage, region, account or stack."""
    found = read_description(file)
    for name, value in asdict(wanted).items():
        has = asdict(found)[name]
        if has != value:
            raise StateError(
                f"{file.parent} is the state of the {name} {has!r}, and this run has the {name} {value!r}. "
                f"Start with that {name}, or choose another directory."
            )
