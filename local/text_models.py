"""Amazon Bedrock's Converse on this machine, for any model: no text is understood, and nothing is paid.

Each request is checked against botocore's model of the operation. The answer is the plain text that the
prompt offers, so that what follows a model's answer can be tried. `POST /_local/text-models` with
`{"outcomes": ["throttle", "refuse", "truncate", "invent", "deny", "answer"]}` says what the next calls get.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from local.http.messages import Request, Response
from local.iam.operations import Operation

OUTCOMES = ("answer", "throttle", "fail", "refuse", "truncate", "invent", "deny")
INVENTION = "Free shipping on the Quantum Toaster 9000, only $4.99 at https://example.com"
LETTERS_PER_TOKEN = 4
_PLAIN = re.compile(
    r"^A plain (?:title|text) is: ?\n?(.*?)\n(?:The items|The data):", re.DOTALL | re.MULTILINE
)
_ERRORS = {
    "throttle": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "fail": (503, "ServiceUnavailableException", "The service is not available. Try again."),
    "deny": (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
}


class TextModels:
    """The models of Bedrock. `calls` are the requests that were answered, newest last."""

    def __init__(self) -> None:
        model = botocore.session.get_session().get_service_model("bedrock-runtime")
        shape = model.operation_model("Converse").input_shape
        assert shape is not None
        self._input = shape
        self._outcomes: deque[str] = deque()
        self._lock = threading.Lock()
        self.calls: deque[dict[str, Any]] = deque(maxlen=100)

    def script(self, outcomes: list[str]) -> None:
        """Set what the next calls get. Raises ValueError for an unknown outcome."""
        unknown = [outcome for outcome in outcomes if outcome not in OUTCOMES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no outcome; there are {', '.join(OUTCOMES)}")
        with self._lock:
            self._outcomes = deque(outcomes)

    def control(self, request: Request) -> Response:
        """Answer `GET /_local/text-models` with the calls, and `POST` by setting the outcomes."""
        if request.method == "GET":
            return Response.of_json(200, {"calls": list(self.calls)})
        try:
            self.script(list(request.json.get("outcomes", [])))
        except ValueError as error:
            return Response.of_json(400, {"message": str(error)})
        return Response.of_json(200, {"outcomes": list(self._outcomes)})

    def serve(self, request: Request, called: Operation) -> Response:
        """Answer a call of bedrock-runtime."""
        if called.name != "Converse":
            return _error(501, "NotImplemented", f"The local run plays Converse only, not {called.name}.")
        params = {**request.json, **called.uri}
        problems = self._problems(params)
        if problems:
            return _error(400, "ValidationException", problems)
        with self._lock:
            outcome = self._outcomes.popleft() if self._outcomes else "answer"
            self.calls.append(params | {"outcome": outcome})
        if outcome in _ERRORS:
            return _error(*_ERRORS[outcome])
        return Response.of_json(200, _answer(params, outcome))

    def _problems(self, params: dict[str, Any]) -> str:
        """What botocore's model does not accept. Bedrock also needs a message of the user."""
        unknown = sorted(set(params) - set(self._input.members))
        if unknown:
            return f"Unknown members: {', '.join(unknown)}"
        report = ParamValidator().validate(params, self._input)
        if report.has_errors():
            return str(report.generate_report())
        messages = params.get("messages") or []
        if not messages or messages[0]["role"] != "user":
            return "A conversation must start with a user message."
        config = params.get("inferenceConfig", {})
        if not 0 <= config.get("temperature", 0) <= 1 or config.get("maxTokens", 1) < 1:
            return "temperature must be from 0 to 1, and maxTokens at least 1."
        return ""


def _answer(params: dict[str, Any], outcome: str) -> dict[str, Any]:
    asked = "\n".join(block.get("text", "") for message in params["messages"] for block in message["content"])
    read = len(asked) + sum(len(block.get("text", "")) for block in params.get("system", ()))
    found = _PLAIN.search(asked)
    text = found.group(1) if found else asked.splitlines()[0]
    reason = "end_turn"
    if outcome == "refuse":
        text, reason = "", "content_filtered"
    elif outcome == "truncate":
        text, reason = text[: max(1, len(text) // 2)], "max_tokens"
    elif outcome == "invent":
        text = INVENTION
    usage = {"inputTokens": read // LETTERS_PER_TOKEN, "outputTokens": -(-len(text) // LETTERS_PER_TOKEN)}
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}] if text else []}},
        "stopReason": reason,
        "usage": usage | {"totalTokens": sum(usage.values())},
        "metrics": {"latencyMs": 1},
    }


def _error(status: int, code: str, message: str) -> Response:
    return Response.of_json(status, {"message": message}, x_amzn_errortype=code)
