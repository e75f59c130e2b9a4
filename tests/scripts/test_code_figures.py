"""Figures of the source code are those of a small tree that the test writes."""

from pathlib import Path

import pytest

from scripts import code_figures


@pytest.fixture
def modules(tmp_path: Path) -> list[code_figures.Source]:
    """A long function, two modules that import each other, and one that imports inside a function."""
    folder = tmp_path / "tastemaker"
    folder.mkdir()
    texts = {
        "__init__": "",
        "first": "from tastemaker import second\n\n\ndef short() -> None: ...\n",
        "second": "import tastemaker.first\n",
        "third": "def load():\n    from tastemaker import fourth\n    return fourth\n",
        "fourth": "from typing import Any\nimport tastemaker.third\nx: Any = 1\n"
        + "def long() -> None:\n"
        + "    x = 1\n" * code_figures.MAX_FUNCTION_LINES,
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return code_figures.sources(tmp_path)


def test_functions_of_more_than_fifty_lines_are_named(modules: list[code_figures.Source]) -> None:
    assert code_figures.long_functions(modules) == ["tastemaker/fourth.py:4 long 51"]


def test_modules_that_import_each_other_are_a_cycle_and_late_imports_are_not(
    modules: list[code_figures.Source],
) -> None:
    assert code_figures.cycles(modules) == [["tastemaker.first", "tastemaker.second"]]


def test_any_counts_without_its_import(modules: list[code_figures.Source]) -> None:
    assert {module.name: code_figures.any_uses(module) for module in modules}["tastemaker.fourth"] == 1


def test_command_prints_all_figures(modules: list[code_figures.Source], tmp_path: Path, capsys) -> None:
    assert code_figures.main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "functions over 50 lines     1 of 3" in printed
    assert "tastemaker.first ↔ tastemaker.second" in printed
    assert "Any in tastemaker           1 in" in printed
