"""Keeps what the declared types say: the table of docs/declare.md, and docs/tastemaker.schema.json.

python -m scripts.declare            writes the table and the schema; prose is by hand
python -m scripts.declare --check    fails if they are not what would be written
"""

import json
import re
from pathlib import Path

from scripts.generated import write_or_check
from tastemaker.control.resources.dataset import UPDATABLE
from tastemaker.declaration.file.json_schema import NAME, json_schema
from tastemaker.declaration.types import IN_PLACE, REFUSED, REPLACE, TYPES, DeclaredType
from tastemaker.wire.properties import property_of

PAGE = Path(__file__).parents[1] / "docs" / "declare.md"
SCHEMA = PAGE.with_name(NAME)
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
        return (
            f"`{name}` (another version of the same solution, and for an alias another campaign; another "
            "solution makes a new one)"
        )
    if path == "solutionConfig":
        return f"the rest of `{name}`"
    return f"`{name}`"


def main() -> int:
    """Write the page and the schema, or compare them with `--check`."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    written = write_or_check(PAGE, page(PAGE.read_text(encoding="utf-8"))), write_or_check(SCHEMA, schema)
    return max(written)


if __name__ == "__main__":
    raise SystemExit(main())
