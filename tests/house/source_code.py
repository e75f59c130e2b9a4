"""The syntax trees of the packages, made once for all tests of this folder."""

from functools import cache

from scripts import code_figures


@cache
def modules() -> tuple[code_figures.Source, ...]:
    """Every module of the packages that ship, and of the benchmarks, examples and scripts."""
    return tuple(code_figures.sources())
