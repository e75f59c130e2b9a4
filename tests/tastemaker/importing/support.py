"""Imports from a local folder in place of S3."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tastemaker.importing.importer import Importer
from tastemaker.importing.storage import Folder
from tastemaker.schemas import Field


class ImportFolder:
    """A folder with buckets. Imports read from the bucket `data` and write to the bucket `lake`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Folder(root)
        self.log: list[str] = []

    def put(self, key: str, content: bytes | str) -> None:
        path = self.root / "data" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def run(self, fields: list[Field], location: str = "s3://data/a.csv", **options: Any) -> dict[str, Any]:
        self.log.clear()
        return Importer(self.store, self.store, fields, "run/", log=self.log.append, **options).run(location)

    def rows(self) -> list[dict[str, Any]]:
        return [row for path in self.parts() for row in pq.read_table(path).to_pylist()]

    def parts(self) -> list[Path]:
        return sorted((self.root / "lake" / "run").glob("*"))
