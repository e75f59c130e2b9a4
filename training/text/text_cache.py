"""A cache of text vectors that cost time or money, so that no text is encoded twice."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.progress import StopSignal, log

PART = 512
"""The texts of one file. A job that is killed must encode at most so many again."""


class TextModel(Protocol):
    """A model that encodes each text by itself."""

    name: str
    width: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...

    def describe_cost(self, texts: Sequence[str]) -> str:
        """What it will take to encode these texts, for the log."""


class TextCache:
    """A TextEncoder that keeps a model's vectors in `folder`, by the model and the text's SHA-256."""

    name_times = 1

    def __init__(self, model: TextModel, folder: Path | None, stop: StopSignal) -> None:
        self.model, self.name, self.stop = model, model.name, stop
        words = "".join(letter if letter.isalnum() else "-" for letter in model.name)
        self.folder = folder / "texts" / f"{words}-{model.width}" if folder else None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A vector for each text, zeros for a blank one. Raises TextModelError or StoppedError."""
        by_digest = {sha256(text.encode()).digest(): text for text in texts if text.strip()}
        known = self._read()
        missing = [digest for digest in by_digest if digest not in known]
        if missing:
            log(f"texts: {self.model.describe_cost([by_digest[digest] for digest in missing])}")
        for start in range(0, len(missing), PART):
            self.stop.check()
            some = missing[start : start + PART]
            vectors = self.model.encode([by_digest[digest] for digest in some])
            self._write(some, vectors)
            known.update(zip(some, vectors, strict=True))
            log(f"texts: {start + len(some):,} of {len(missing):,} encoded")
        blank = np.zeros(self.model.width, np.float32)
        found = [known.get(sha256(text.encode()).digest(), blank) for text in texts]
        return np.stack(found) if found else np.zeros((0, self.model.width), np.float32)

    def _read(self) -> dict[bytes, NDArray[np.float32]]:
        known: dict[bytes, NDArray[np.float32]] = {}
        for path in sorted(self.folder.glob("*.npz")) if self.folder and self.folder.is_dir() else ():
            with np.load(path, allow_pickle=False) as part:
                digests, vectors = part["digests"], part["vectors"]
            known.update(zip([row.tobytes() for row in digests], vectors, strict=True))
        return known

    def _write(self, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Write one more file, completely or not at all."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{sha256(b''.join(digests)).hexdigest()[:32]}.npz"
        half = path.with_suffix(".tmp")
        rows = np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), -1)
        with half.open("wb") as file:
            np.savez(file, digests=rows, vectors=vectors)
        half.replace(path)
