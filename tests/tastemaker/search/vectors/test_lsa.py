"""Texts of queries folded into a space that is computed by hand."""

from pathlib import Path

import numpy as np
import pytest

from tastemaker.search.vectors.lsa import LsaEncoder

# "steel" is twice as rare as "tea".
ENCODER = LsaEncoder.build(
    ["tea", "steel", "green tea"], np.array([1.0, 2.0, 4.0]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
)


def test_terms_count_by_rarity_and_by_the_logarithm_of_their_number() -> None:
    assert ENCODER.encode("Tea steel") == pytest.approx(np.array([1, 2]) / 5**0.5)
    twice = 1 + np.log(2)
    assert ENCODER.encode("tea, tea, steel") == pytest.approx(
        np.array([twice, 2]) / np.hypot(twice, 2), rel=1e-5
    )


def test_pairs_of_words_are_terms() -> None:
    assert ENCODER.encode("green tea steel") == pytest.approx(np.array([5, 2]) / 29**0.5, rel=1e-5)


def test_unknown_words_have_no_vector() -> None:
    for text in ("Ωμέγα 42 !", "", "x"):
        assert not ENCODER.encode(text).any()


def test_encoder_is_the_same_after_it_was_stored(tmp_path: Path) -> None:
    assert LsaEncoder.open(tmp_path) is None
    ENCODER.save(tmp_path)
    opened = LsaEncoder.open(tmp_path)
    assert opened is not None
    assert np.array_equal(opened.encode("steel tea"), ENCODER.encode("steel tea"))
