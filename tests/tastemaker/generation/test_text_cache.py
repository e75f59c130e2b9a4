from dataclasses import replace

import pytest

from tastemaker.generation.generator import Generated, Usage
from tastemaker.generation.text_cache import Cached, key_of
from tests.tastemaker.generation.generators import PROMPT, Scripted


class MemoryStore:
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def put(self, key: str, text: str) -> None:
        self.texts[key] = text


def test_known_prompt_is_answered_without_a_call() -> None:
    scripted = Scripted("Teas")
    cached = Cached(scripted)
    assert cached.generate(PROMPT).usage == Usage(100, 10)
    again = cached.generate(PROMPT)
    assert (again.text, again.usage, len(scripted.prompts)) == ("Teas", Usage(), 1)


@pytest.mark.parametrize("change", [{"text": "x"}, {"system": "x"}, {"max_tokens": 7}, {"problems": ("x",)}])
def test_prompt_with_other_content_has_another_key(change) -> None:
    assert key_of("m", PROMPT) != key_of("m", replace(PROMPT, **change))
    assert key_of("m", PROMPT) != key_of("n", PROMPT)


def test_another_process_finds_the_text_in_the_store() -> None:
    store = MemoryStore()
    Cached(Scripted("Teas"), store).generate(PROMPT)
    other = Scripted()
    assert Cached(other, store).generate(PROMPT).text == "Teas"
    assert other.prompts == []


def test_text_about_a_user_is_not_stored() -> None:
    store, prompt = MemoryStore(), replace(PROMPT, personal=True)
    cached = Cached(Scripted("Teas for Ann"), store)
    cached.generate(prompt)
    assert store.texts == {}
    assert cached.generate(prompt).text == "Teas for Ann"


def test_text_that_was_cut_off_is_not_kept() -> None:
    scripted = Scripted(Generated("Te", complete=False), "Teas")
    cached = Cached(scripted)
    cached.generate(PROMPT)
    assert cached.generate(PROMPT).text == "Teas"


def test_oldest_texts_are_forgotten() -> None:
    cached = Cached(Scripted(*"abcd"), most=2)
    for text in "123":
        cached.generate(replace(PROMPT, text=text))
    assert cached.generate(replace(PROMPT, text="3")).text == "c"
    assert cached.generate(replace(PROMPT, text="1")).text == "d"
