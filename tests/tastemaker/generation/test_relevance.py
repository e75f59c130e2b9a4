import numpy as np
import pytest

from tastemaker.generation import relevance
from tastemaker.generation.terms import Background

TEXTS = ["leather bag", "leather satchel", "brass lamp", "brass kettle", "oak table"]
BACKGROUND = Background(TEXTS)
VECTORS = np.array([[1, 0.2, 0], [0.9, 0, 0.2], [0, 1, 0], [0, 0.9, 0.1], [0, 0, 1]], np.float32)


def test_items_with_the_words_of_the_theme_fit_best() -> None:
    theme = relevance.theme_vector("Leather goods", BACKGROUND, VECTORS, VECTORS[[0, 2, 4]])
    leather, brass, oak = relevance.scores(theme, VECTORS[[0, 2, 4]])
    assert leather > brass and leather > oak
    assert np.linalg.norm(theme) == pytest.approx(1)


def test_theme_with_other_words_has_the_vector_of_its_group() -> None:
    group = VECTORS[[2, 3]]
    theme = relevance.theme_vector("Cozy evenings", BACKGROUND, VECTORS, group)
    assert theme == pytest.approx(relevance.unit(group.mean(0)))


def test_item_without_text_has_the_score_0() -> None:
    theme = relevance.theme_vector("Brass", BACKGROUND, VECTORS, VECTORS[[2]])
    assert relevance.scores(theme, np.zeros((1, 3), np.float32)) == [0.0]


def test_scores_may_be_negative_and_end_at_1() -> None:
    theme = np.array([1, 0, 0], np.float32)
    assert relevance.scores(theme, np.array([[-2, 0, 0], [3, 0, 0]], np.float32)) == [-1.0, 1.0]


def test_vectors_of_words_put_texts_with_common_words_near_each_other() -> None:
    vectors = relevance.hashed_vectors(TEXTS, BACKGROUND)
    near, far = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[4])
    assert near > 0.1 > abs(far)
