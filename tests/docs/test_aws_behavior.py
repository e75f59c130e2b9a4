"""Every behavior of AWS has a source, what the first release did, and tests that exist."""

import re
from functools import cache
from pathlib import Path

from tests.docs.test_aws_assumptions import rows

ROOT = Path(__file__).parents[2]


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file."""
    return frozenset(re.findall(r"^def (test_\w+)", (ROOT / file).read_text(encoding="utf-8"), re.M))


def test_every_behavior_has_a_source_and_tests_that_exist() -> None:
    found = rows("aws-behavior.md")
    assert len(found) >= 25
    for behavior, source, before, tests in found:
        assert behavior and source and before, behavior
        files = [part.strip() for part in tests.split(";")]
        for part in files:
            file, names = re.findall(r"`(tests/[\w/]+\.py)`", part), re.findall(r"`(test_\w+)`", part)
            assert len(file) == 1 and names, part
            assert set(names) <= names_in(file[0]), part
