"""A state as one file: written from a directory, also while a run uses it, and loaded into a new one.

A snapshot is a compressed tar archive with the files of the directory. While a run uses the directory, the
journal only grows, and files of objects do not change. So what is read is the state at one time.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path

from local.state.directory import DESCRIPTION, JOURNAL, OBJECTS, StateError, read_description
from local.state.journal import DamagedError, decode, encode
from local.state.saved import SavedState

_MEMBER = re.compile(rf"{re.escape(DESCRIPTION)}|{re.escape(JOURNAL)}|{OBJECTS}/[0-9a-f]{{32}}")
_TRIES = 3
"""How often a snapshot is tried if a run that has just started removes files meanwhile."""


def write_snapshot(folder: Path, file: Path) -> SavedState:
    """Write the state of a directory to a file. Returns the state.

    Raises StateError if the directory has no state that can be read, or the file cannot be written.
    """
    read_description(folder / DESCRIPTION)
    for left in reversed(range(_TRIES)):
        new = file.with_name(f"{file.name}.new")
        try:
            saved = _write(folder, new)
            new.replace(file)
        except DamagedError as error:
            raise StateError(str(error)) from error
        except FileNotFoundError as error:
            if left and file.parent.is_dir():
                continue
            raise StateError(f"the snapshot {file} cannot be written: {error}") from error
        except OSError as error:
            raise StateError(f"the snapshot {file} cannot be written: {error}") from error
        finally:
            new.unlink(missing_ok=True)
        return saved
    raise AssertionError("unreachable")


def _write(folder: Path, file: Path) -> SavedState:
    entries, _ = decode((folder / JOURNAL).read_bytes(), name=str(folder / JOURNAL))
    saved = SavedState.of(entries)
    with file.open("xb") as out, tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        file.chmod(0o600)  # it has access keys and secrets
        archive.add(folder / DESCRIPTION, DESCRIPTION)
        journal = b"".join(encode(entry) for entry in saved.entries())
        member = tarfile.TarInfo(JOURNAL)
        member.size = len(journal)
        archive.addfile(member, io.BytesIO(journal))
        for name in sorted(saved.files()):
            archive.add(folder / OBJECTS / name, f"{OBJECTS}/{name}")
    return saved


def load_snapshot(file: Path, folder: Path) -> bool:
    """Load a snapshot into a directory that has no state. Returns False if it has one, which stays.

    Raises StateError if the file is not a snapshot of this version, or the directory has other files.
    """
    if (folder / DESCRIPTION).exists():
        return False
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StateError(
            f"{folder} has files and no state. Choose another directory for the snapshot {file}."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        _extract(file, new)
        read_description(new / DESCRIPTION)
        (new / OBJECTS).mkdir(exist_ok=True)
        _move(new, folder)
    except (OSError, tarfile.TarError, zlib.error, EOFError, json.JSONDecodeError) as error:
        raise StateError(f"{file} is not a snapshot that can be loaded: {error}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return True


def _extract(file: Path, folder: Path) -> None:
    with gzip.open(file) as stream, tarfile.open(fileobj=stream) as archive:
        for member in archive:
            if not (member.isfile() and _MEMBER.fullmatch(member.name)):
                raise StateError(f"{file} is not a snapshot: it has the member {member.name!r}.")
            source = archive.extractfile(member)
            assert source is not None
            target = folder / member.name
            target.parent.mkdir(exist_ok=True)
            with target.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
        while stream.read(1 << 20):  # the checksum at the end shows that nothing is missing
            pass


def _move(new: Path, folder: Path) -> None:
    """Move all files. The description comes last: without it, the directory has no state."""
    folder.mkdir(exist_ok=True, mode=0o700)
    for name in (OBJECTS, JOURNAL, DESCRIPTION):
        (new / name).replace(folder / name)
