"""Text models on Amazon Bedrock, by Converse, which has one format for all models.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tastemaker.contracts.text_models import TextModel
from tastemaker.generation.generator import (
    Generated,
    GeneratorError,
    Prompt,
    Refused,
    Throttled,
    TimedOut,
    Unavailable,
    Usage,
    estimated_tokens,
    request_text,
)

CONFIG = Config(
    connect_timeout=2,  # the caller limits how long an answer may take
    retries={"mode": "standard", "total_max_attempts": 1},  # `Patient` makes the retries, and counts them
    tcp_keepalive=True,
)
THROTTLED = {"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"}
TRANSIENT = {
    "InternalServerException",
    "ModelErrorException",
    "ModelNotReadyException",
    "ModelTimeoutException",
    "ServiceUnavailableException",
}
REFUSALS = {"content_filtered", "guardrail_intervened", "malformed_model_output", "malformed_tool_use"}
# The first call of another provider's model subscribes the account, which a function may not do.
# https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
ADVICE = {
    "AccessDeniedException": "If it is another provider's model, call it once in the playground of the "
    "Bedrock console, as somebody with aws-marketplace:Subscribe. Else a policy denies it.",
    "ResourceNotFoundException": "Set generation.region to a region that has the model.",
    "ValidationException": "Set generation.region to a region that has the model, or generation.geography if "
    "the region offers it through an inference profile only.",
}


class Converse:
    """A Generator. `client` is a client of bedrock-runtime. `model_id` may be an inference profile."""

    def __init__(self, client: Any, model_id: str, model: TextModel) -> None:
        self._client, self._model_id, self._model = client, model_id, model

    @property
    def name(self) -> str:
        return self._model.model_id

    def largest_cost(self, prompt: Prompt) -> float:
        return self._model.cost(estimated_tokens(prompt), prompt.max_tokens)

    def cost(self, usage: Usage) -> float:
        return self._model.cost(usage.input_tokens, usage.output_tokens)

    def generate(self, prompt: Prompt) -> Generated:
        """The model's answer at temperature 0. Raises GeneratorError."""
        try:
            answer = self._client.converse(
                modelId=self._model_id,
                system=[{"text": prompt.system}],
                messages=[{"role": "user", "content": [{"text": request_text(prompt)}]}],
                inferenceConfig={"maxTokens": prompt.max_tokens, "temperature": 0.0},
            )
        except ClientError as error:
            raise self._error(error) from None
        except BotoCoreError as error:
            raise TimedOut(f"Amazon Bedrock did not answer for {self.name}: {error}.") from None
        return self._generated(answer)

    def _generated(self, answer: dict[str, Any]) -> Generated:
        reason, counted = answer.get("stopReason"), answer.get("usage", {})
        usage = Usage(counted.get("inputTokens", 0), counted.get("outputTokens", 0))
        if reason in REFUSALS:
            raise Refused(f"{self.name} did not answer: {reason}.", usage)
        content = answer.get("output", {}).get("message", {}).get("content") or ()
        text = "".join(block.get("text", "") for block in content)
        if not text.strip():
            raise Refused(f"{self.name} answered without text ({reason}).", usage)
        return Generated(text, usage, complete=reason not in ("max_tokens", "model_context_window_exceeded"))

    def _error(self, error: ClientError) -> GeneratorError:
        code = error.response["Error"]["Code"]
        said = error.response["Error"].get("Message") or code
        message = (
            f"Amazon Bedrock refused {self._model_id} in {self._client.meta.region_name}: {said} ({code})."
        )
        if code in THROTTLED:
            return Throttled(message)
        if code in TRANSIENT:
            return TimedOut(message)
        return Unavailable(f"{message} {ADVICE.get(code, '')}".strip())
