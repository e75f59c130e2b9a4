"""Every assumption has a source and a smoke step that exists, and every step is documented."""

import re
from pathlib import Path

from deployment.smoke.steps import STEPS

DOCS = Path(__file__).parents[2] / "docs"
MAX_BY_HAND = 6
"""Rows that a person must verify. This number only falls."""
NAMES = {step.name for step in STEPS}


def rows(page: str) -> list[list[str]]:
    """The cells of all rows of the page's tables, without headings."""
    text = (DOCS / page).read_text(encoding="utf-8")
    cells = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", text, re.M)
    ]
    return [
        row
        for place, row in enumerate(cells[:-1])
        if "---" not in row[0] and "---" not in cells[place + 1][0]
    ] + (cells[-1:])


def test_every_assumption_has_a_reason_and_a_smoke_step_that_exists() -> None:
    found = rows("aws-assumptions.md")
    assert len(found) > 15
    by_hand = 0
    for row in found:
        assert len(row) == 3, row
        assumption, why, steps = row
        assert assumption and why, row
        if re.match(r"none(?: yet)?: .{20}", steps):  # no step can verify it: the cell says how a person does
            by_hand += 1
            continue
        named = set(re.findall(r"`([a-z-]+)`", steps))
        assert named and named <= NAMES, row
    assert by_hand <= MAX_BY_HAND, "give one of the rows with 'none:' a smoke step"


def test_every_smoke_step_verifies_an_assumption() -> None:
    named = {name for row in rows("aws-assumptions.md") for name in re.findall(r"`([a-z-]+)`", row[2])}
    assert NAMES - named == set()


def test_every_smoke_step_is_documented_in_order() -> None:
    assert [row[0].strip("`") for row in rows("smoke.md")] == [step.name for step in STEPS]
