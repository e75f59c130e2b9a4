"""A parsed file whose values know their lines, and the problems that are found in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.errors import InvalidInput

Path = tuple[str | int, ...]
"""Where a value is: the keys and list positions that lead to it."""


@dataclass(frozen=True)
class Document:
    """The value of a file, and the line of each part of it. `name` is the file's name, for messages."""

    value: Any
    lines: Mapping[Path, int] = field(default_factory=dict)
    name: str = "declaration"

    def place(self, *path: str | int) -> str:
        """The file and line of a value, or of the nearest part around it: `shop.yaml:12`."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of the file."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class InvalidDeclaration(InvalidInput):
    """A file that cannot be applied. It has every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))
