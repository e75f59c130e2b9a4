"""Keeps the table of docs/declare.md, which change replaces what, as the declared types have it.

python -m scripts.declare            writes the table; prose is by hand
python -m scripts.declare --check    fails if the table is not what would be written
"""

import re
from pathlib import Path

from scripts.generated import write_or_check
from tastemaker.control.resources.dataset import UPDATABLE
from tastemaker.declaration.types import IN_PLACE, REFUSED, REPLACE, TYPES, DeclaredType
from tastemaker.wire.properties import property_of

PAGE = Path(__file__).parents[1] / "docs" / "declare.md"
BEGIN, END = "<!-- from the declared types -->", "<!-- by hand -->"


def page(text: str) -> str:
    """The page with the table made anew."""
    return re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{table()}\n{END}", text, flags=re.DOTALL)


def table() -> str:
    """One row for each type."""
    lines = [
        "| type | changes in place | a change makes a new resource | cannot change | deletion |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_row, TYPES.values())])


def _row(declared: DeclaredType) -> str:
    by_effect: dict[str, list[str]] = {IN_PLACE: [], REPLACE: [], REFUSED: []}
    for path in _paths(declared):
        by_effect[declared.effect(path)].append(_shown(declared, path))
    cells = [", ".join(by_effect[effect]) or "–" for effect in (IN_PLACE, REPLACE, REFUSED)]
    deletion = declared.kept or "deletes it, with its data"
    return f"| `{declared.name}` | {' | '.join(cells)} | {deletion} |"


def _paths(declared: DeclaredType) -> list[str]:
    parts = [path for path in declared.updatable if "." in path]
    whole = [name for name in declared.properties if name not in declared.updatable]
    return [*sorted(declared.updatable - set(parts)), *sorted(parts), *whole]


def _shown(declared: DeclaredType, path: str) -> str:
    name = ".".join(map(property_of, path.split(".")))
    if path == "schemaArn":
        return f"`{name}` ({' and '.join(one.title() for one in UPDATABLE)}: a wider schema)"
    if path == "solutionVersionArn" and declared.name == "Campaign":
        return f"`{name}` (another version of the same solution; another solution makes a new one)"
    if path == "solutionConfig":
        return f"the rest of `{name}`"
    return f"`{name}`"


def main() -> int:
    """Write the page, or compare it with `--check`."""
    return write_or_check(PAGE, page(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    raise SystemExit(main())
