"""Functions stay short, and modules do not import each other in circles."""

from functools import cache

from scripts import code_figures


@cache
def modules() -> list[code_figures.Source]:
    return code_figures.sources()


def test_functions_have_at_most_fifty_lines() -> None:
    assert code_figures.long_functions(modules()) == []


def test_modules_do_not_import_each_other_in_circles() -> None:
    assert code_figures.cycles(modules()) == []
