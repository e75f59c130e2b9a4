"""No text is encoded twice, also after the job was killed."""

import numpy as np
import pytest

from training.errors import StoppedError
from training.progress import StopSignal
from training.text.text_cache import PART, TextCache


class Lengths:
    """A model that encodes a text by its length, and notes what it encoded."""

    name, width = "acme/lengths:v1", 2

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode(self, texts):
        self.seen += texts
        return np.array([[len(text), 1] for text in texts], np.float32)

    def describe_cost(self, texts) -> str:
        return f"{len(texts)} texts"


def test_texts_are_encoded_once_and_blank_ones_never(tmp_path) -> None:
    first, second = Lengths(), Lengths()
    found = TextCache(first, tmp_path, StopSignal()).encode(["aa", " ", "aa", "b"])
    assert found.tolist() == [[2, 1], [0, 0], [2, 1], [1, 1]] and sorted(first.seen) == ["aa", "b"]
    again = TextCache(second, tmp_path, StopSignal()).encode(["b", "ccc"])
    assert again.tolist() == [[1, 1], [3, 1]] and second.seen == ["ccc"]


def test_vectors_of_another_model_are_not_used(tmp_path) -> None:
    TextCache(Lengths(), tmp_path, StopSignal()).encode(["aa"])
    other = Lengths()
    other.name = "acme/lengths:v2"
    TextCache(other, tmp_path, StopSignal()).encode(["aa"])
    assert other.seen == ["aa"]


def test_job_that_is_stopped_keeps_what_it_had(tmp_path) -> None:
    class Stopping(StopSignal):
        def check(self) -> None:
            super().check()
            self.requested = True  # from the second part on

    texts = [str(number) for number in range(PART + 1)]
    with pytest.raises(StoppedError):
        TextCache(Lengths(), tmp_path, Stopping()).encode(texts)
    rest = Lengths()
    TextCache(rest, tmp_path, StopSignal()).encode(texts)
    assert rest.seen == [str(PART)]


def test_no_texts_have_no_vectors() -> None:
    assert TextCache(Lengths(), None, StopSignal()).encode([]).shape == (0, 2)
