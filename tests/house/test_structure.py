"""Functions stay short, and modules do not import each other in circles."""

from scripts import code_figures
from tests.house.source_code import modules


def test_functions_have_at_most_fifty_lines() -> None:
    assert code_figures.long_functions(modules()) == []


def test_modules_do_not_import_each_other_in_circles() -> None:
    assert code_figures.cycles(modules()) == []
