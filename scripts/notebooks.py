"""Write examples/notebooks from the guides in docs/guides.

    python -m scripts.notebooks            writes the notebooks
    python -m scripts.notebooks --check    fails if one is not up to date

Each Python block of a guide is a cell of code, and the text between is a cell of text. What stands between
`<!-- setup -->` and `<!-- end of setup -->` is about terminals: in a notebook, two cells of code take its
place. Notebooks are committed without outputs.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from scripts.generated import write_or_check

ROOT = Path(__file__).resolve().parents[1]
GUIDES, NOTEBOOKS = ROOT / "docs" / "guides", ROOT / "examples" / "notebooks"
FILES = {"films": "demo.movielens build/films", "shop": "demo.shop build/shop"}
"""The guides that are notebooks → the module that writes their files, with its argument."""
FILES_TAG = "files"
"""The tag of the cell that writes the files."""

_SETUP = re.compile(r"<!-- setup -->\n.*?<!-- end of setup -->\n", re.S)
_CODE = re.compile(r"^```python\n(.*?)^```\n", re.M | re.S)
_BEFORE = """## Set up

Start the service in a terminal, in the checkout: `make local`. The kernel of this notebook is the Python of
the checkout (`.venv/bin/pip install jupyterlab`, then `.venv/bin/jupyter lab examples/notebooks`)."""
_ENVIRONMENT = """import os
from pathlib import Path

folders = (Path.cwd(), *Path.cwd().parents)
os.chdir(next((one for one in folders if (one / "cdk.json").exists()), Path.cwd()))  # the checkout
for name, value in {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_DATA_PATH": str(Path("clients/models").resolve()),
}.items():
    os.environ.setdefault(name, value)"""
_WRITE = """import subprocess
import sys

subprocess.run([sys.executable, "-m", {arguments}], check=True)"""


def notebook(name: str) -> dict[str, Any]:
    """The notebook of a guide, in version 4.5 of the format."""
    text = (GUIDES / f"{name}.md").read_text(encoding="utf-8")
    setup = _SETUP.search(text)
    if setup is None:
        raise ValueError(
            f"docs/guides/{name}.md has no setup between <!-- setup --> and <!-- end of setup -->."
        )
    cells = [_text(text[: setup.start()]), _text(_BEFORE), _code(_ENVIRONMENT)]
    arguments = ", ".join(json.dumps(part) for part in FILES[name].split())
    cells.append(_code(_WRITE.format(arguments=arguments), FILES_TAG))
    rest = text[setup.end() :]
    at = 0
    for block in _CODE.finditer(rest):
        cells += [_text(rest[at : block.start()]), _code(block.group(1))]
        at = block.end()
    cells.append(_text(rest[at:]))
    kept = [cell for cell in cells if cell["source"]]
    return {
        "cells": [{"id": f"{name}-{number}", **cell} for number, cell in enumerate(kept, 1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _text(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(_linked(text.strip()))}


def _code(text: str, *tags: str) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": _lines(text.strip()),
    }


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _linked(text: str) -> str:
    """Links to other pages, from the folder of the notebooks."""
    text = re.sub(r"\]\(\.\./([\w-]+\.md)", r"](../../docs/\1", text)
    return re.sub(r"\]\(([\w-]+\.md)", r"](../../docs/guides/\1", text)


def written(name: str) -> str:
    """The text of a notebook's file."""
    return json.dumps(notebook(name), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the notebooks, or compare them with `--check`. Returns the exit status."""
    return max([write_or_check(NOTEBOOKS / f"{name}.ipynb", written(name)) for name in FILES])


if __name__ == "__main__":
    raise SystemExit(main())
