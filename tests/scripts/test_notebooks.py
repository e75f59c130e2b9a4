"""The notebooks are the guides: up to date, without outputs, and of the format that Jupyter opens."""

import json

import pytest

from scripts import notebooks


@pytest.mark.parametrize("name", notebooks.FILES)
def test_notebook_is_up_to_date_with_its_guide(name: str) -> None:
    path = notebooks.NOTEBOOKS / f"{name}.ipynb"
    assert path.read_text(encoding="utf-8") == notebooks.written(name), "run: python -m scripts.notebooks"


@pytest.mark.parametrize("name", notebooks.FILES)
def test_notebook_has_no_outputs_and_links_that_resolve(name: str) -> None:
    cells = json.loads(notebooks.written(name))["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    text = "".join(line for cell in cells for line in cell["source"] if cell["cell_type"] == "markdown")
    targets = [part.split(")")[0].split("#")[0] for part in text.split("](")[1:]]
    assert targets and all((notebooks.NOTEBOOKS / target).exists() for target in targets)


def test_text_about_terminals_is_replaced_by_cells_that_set_up() -> None:
    cells = notebooks.notebook("shop")["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "AWS_ENDPOINT_URL" in code[0] and '"demo.shop", "build/shop"' in code[1]
    assert not any("in a terminal of its own" in "".join(cell["source"]) for cell in cells)
