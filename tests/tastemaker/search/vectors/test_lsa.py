"""Texts of queries in the space of items' vectors."""

from pathlib import Path

import numpy as np

from tastemaker.search.vectors.lsa import LsaEncoder
from tests.training.pipelines.test_semantic import TEXTS
from training.text.encoders import Lsa


def encoder() -> tuple[LsaEncoder, np.ndarray]:
    lsa = Lsa(width=3)
    vectors = lsa.encode(TEXTS)
    assert lsa.for_queries is not None
    return lsa.for_queries, vectors


def test_text_of_an_item_has_the_vector_of_the_item() -> None:
    made, vectors = encoder()
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert float(made.encode(text) @ vector) > 0.999


def test_query_finds_its_subject_without_common_words() -> None:
    made, vectors = encoder()
    cosines = vectors @ made.encode("oolong")
    assert int(np.argmax(cosines)) < 4
    assert cosines[:4].min() > cosines[4:].max()
    assert "oolong" not in TEXTS[0] and cosines[0] > 0.5


def test_unknown_words_have_no_vector_and_files_keep_the_encoder(tmp_path: Path) -> None:
    made, _ = encoder()
    assert not made.encode("Ωμέγα 42 !").any() and not made.encode("").any()
    assert LsaEncoder.open(tmp_path) is None
    made.save(tmp_path)
    opened = LsaEncoder.open(tmp_path)
    assert opened is not None
    assert np.array_equal(opened.encode("steel Hammer"), made.encode("steel hammer"))
