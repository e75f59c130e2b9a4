"""Vectors of texts that cost time or money: kept as they come, so that no text is asked for twice."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.progress import Stop, say

PART = 512
"""Texts of one file, which is what a job that is killed has to ask for again."""


class TextModel(Protocol):
    """A model that looks at each text by itself. `encode` gives float32[texts, width], rows of length 1."""

    name: str
    width: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...

    def foretold(self, texts: Sequence[str]) -> str:
        """What it will take to encode these, for the log."""


class Kept:
    """A TextEncoder by such a model. Vectors are kept in `folder`, by the model and the text's SHA-256."""

    name_times = 1

    def __init__(self, model: TextModel, folder: Path | None, stop: Stop) -> None:
        self.model, self.name, self.stop = model, model.name, stop
        words = "".join(letter if letter.isalnum() else "-" for letter in model.name)
        self.folder = folder / "texts" / f"{words}-{model.width}" if folder else None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A vector for each text, zeros for a blank one. Raises TextModelError, StoppedError."""
        by_digest = {sha256(text.encode()).digest(): text for text in texts if text.strip()}
        known = self._read()
        missing = [digest for digest in by_digest if digest not in known]
        if missing:
            say(f"texts: {self.model.foretold([by_digest[digest] for digest in missing])}")
        for start in range(0, len(missing), PART):
            self.stop.check()
            some = missing[start : start + PART]
            vectors = self.model.encode([by_digest[digest] for digest in some])
            self._write(some, vectors)
            known.update(zip(some, vectors, strict=True))
            say(f"texts: {start + len(some):,} of {len(missing):,} encoded")
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
        """One more file, which is there as a whole or not at all."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{sha256(b''.join(digests)).hexdigest()[:32]}.npz"
        half = path.with_suffix(".tmp")
        rows = np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), -1)
        with half.open("wb") as file:
            np.savez(file, digests=rows, vectors=vectors)
        half.replace(path)
