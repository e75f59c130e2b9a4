"""Latent semantic analysis encodes queries in the space of the items' vectors."""

import numpy as np

from tastemaker.search.vectors.lsa import LsaEncoder
from training.text.encoders import Lsa

TEXTS = [
    "green leaf tea",
    "black leaf tea steeped hot",
    "hot oolong steeped from leaf",
    "oolong, the green kind",
    "steel hammer for nails",
    "hammer and nails of steel",
    "steel wrench",
    "wrench for bolts, steel",
]


def encoder() -> tuple[LsaEncoder, np.ndarray]:
    lsa = Lsa(width=2)
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
    assert cosines[:4].min() > cosines[4:].max()
    assert "oolong" not in TEXTS[0] and cosines[0] > 0.5


def test_texts_without_terms_have_no_encoder() -> None:
    lsa = Lsa()
    assert not lsa.encode(["", " "]).any()
    assert lsa.for_queries is None
