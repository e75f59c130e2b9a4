"""Generated texts by the content of their prompt, so that the same text is never paid twice.

A prompt with data about a user stays in the memory of the process: a stored text would outlive a data
deletion.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from hashlib import sha256
from typing import Protocol

from tastemaker.generation.generator import Around, Generated, Generator, Prompt

MAX_TEXTS = 10_000
"""The texts that a process remembers."""


class TextStore(Protocol):
    """Texts that outlive the process, by key."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, text: str) -> None: ...


class NoTextStore:
    """A store that keeps nothing."""

    def get(self, key: str) -> str | None:
        return None

    def put(self, key: str, text: str) -> None:
        pass


def key_of(model: str, prompt: Prompt) -> str:
    """The key of a prompt: a digest of the model and of all that reaches it."""
    parts = [model, prompt.system, prompt.text, prompt.max_tokens, list(prompt.problems)]
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class Cached(Around):
    """A Generator that answers a known prompt without calling another one. Known answers cost nothing."""

    def __init__(self, generator: Generator, store: TextStore | None = None, most: int = MAX_TEXTS) -> None:
        super().__init__(generator)
        self._store, self._most = store or NoTextStore(), most
        self._texts: OrderedDict[str, str] = OrderedDict()
        self.hits = 0

    def generate(self, prompt: Prompt) -> Generated:
        """The known answer, or that of the generator. Answers that were cut off are not kept."""
        key = key_of(self.name, prompt)
        known = self._texts.get(key)
        if known is None and not prompt.personal:
            known = self._store.get(key)
        if known is not None:
            self.hits += 1
            self._keep(key, known)
            return Generated(known)
        answer = self._generator.generate(prompt)
        if answer.complete:
            self._keep(key, answer.text)
            if not prompt.personal:
                self._store.put(key, answer.text)
        return answer

    def _keep(self, key: str, text: str) -> None:
        self._texts[key] = text
        self._texts.move_to_end(key)
        while len(self._texts) > self._most:
            self._texts.popitem(last=False)
