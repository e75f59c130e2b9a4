"""Matching a pattern of the service models takes time in proportion to the text, whatever the text is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.wire import Service
from tastemaker.wire.models import SERVICES
from tastemaker.wire.patterns import LINEAR, compiled
from tests.contract.violations import leaves

PIECES = {
    r"arn:([a-z\d-]+):personalize:.*:.*:.+": ["arn:", "aws", "-", "7", ":personalize:", ":", "x", "\n", "é"],
    r"arn:aws.*:kms:.*:[0-9]{12}:key/.*": ["arn:aws", "-cn", ":kms:", ":", "1" * 12, ":key/", "x", "\n", "1"],
    r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": [" ", "a", "~", "!", "\n", "\x7f", "é"],
}
"""Parts of texts that a pattern matches or nearly matches."""
ROLE = r"arn:([a-z\d-]+):iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
"""The repeats of this pattern have a colon between them, which neither takes: a text has one division."""


def patterns() -> set[str]:
    """The patterns of all members of requests."""
    shapes = [
        Service(name).operation(one).input_shape for name in SERVICES for one in Service(name).operations
    ]
    found = {leaf.metadata.get("pattern") for shape in shapes if shape for _, leaf in leaves(shape)}
    return {pattern for pattern in found if pattern}


def test_patterns_with_several_unbounded_repeats_have_a_linear_equivalent() -> None:
    outside_of_sets = {pattern: re.sub(r"\[[^\]]*\]|\\.", "x", pattern) for pattern in patterns()}
    several = {pattern for pattern, rest in outside_of_sets.items() if len(re.findall("[*+]", rest)) > 1}
    assert several - {ROLE} == set(LINEAR) == set(PIECES)


@pytest.mark.parametrize("pattern", LINEAR)
def test_linear_equivalents_match_the_same_texts(pattern: str) -> None:
    @given(st.lists(st.sampled_from(PIECES[pattern]), max_size=14).map("".join))
    def same(text: str) -> None:
        assert bool(compiled(pattern).fullmatch(text)) == bool(re.fullmatch(pattern, text, re.ASCII))

    same()


def test_digits_are_ascii_digits() -> None:
    days = r"rate\(\d+ days?\)"
    assert compiled(days).fullmatch("rate(7 days)") and not compiled(days).fullmatch("rate(٧ days)")


@pytest.mark.parametrize("source", ["a" * 1023 + "\x00", "ab " * 341 + "é"])
def test_texts_that_nearly_match_are_refused_at_once(source: str) -> None:
    (slow,) = (pattern for pattern in LINEAR if pattern.startswith("^"))
    assert compiled(slow).fullmatch(source * 200) is None  # hours with the pattern of the model
