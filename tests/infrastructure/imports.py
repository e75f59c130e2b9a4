"""Which packages a piece of our code imports, read from its text: nothing is executed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

OURS = ("lambdas", "tastemaker", "training")


def third_party(root: Path, starts: Iterable[Path]) -> set[str]:
    """Top-level names outside the standard library that `starts` need, through all modules of ours.

    Imports inside functions count too. A name under `if TYPE_CHECKING` does not: it is never imported.
    """
    found: set[str] = set()
    seen: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imports(ast.parse(path.read_text())):
            top = name.split(".")[0]
            if top in OURS:
                waiting.extend(_files(root, name))
            elif top not in sys.stdlib_module_names:
                found.add(top)
    return found


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        else:
            yield from _imports(child)


def _files(root: Path, name: str) -> Iterator[Path]:
    """The module's file, and those of the packages above it; the last part may be a name in a module."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:length])
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.exists():
                yield path
