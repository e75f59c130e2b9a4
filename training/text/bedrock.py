"""Titan Text Embeddings V2 on Amazon Bedrock, by InvokeModel with one text per call.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import TextModelError

MAX_CONCURRENT_CALLS = 8
"""Concurrent calls. botocore's adaptive mode slows them down if the account's quota is lower."""

VECTOR_WIDTH = 256
"""One of 256, 512 and 1,024. AWS reports 97 % of the largest one's accuracy, at a quarter of the memory."""

MAX_TEXT_BYTES = 20_000
"""The bytes of a text that are sent: about 5,000 English or 8,000 Chinese tokens of 8,192."""

BYTES_PER_TOKEN = 4
USD_PER_MILLION_TOKENS = 0.02
"""The price reported for us-east-1. Only the log's estimate uses it."""

# Amazon's own models need no access: https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
ADVICE = {
    "AccessDeniedException": "Look for a policy of the organization that denies bedrock:InvokeModel in that "
    "region, or take training.textModel out of the stage; then start the version again.",
    "ResourceNotFoundException": "The region may not have the model: set training.textModelRegion to one "
    "that has it.",
    "ValidationException": "The region may not have the model: set training.textModelRegion to one that "
    "has it.",
    "ThrottlingException": "Ask for a higher quota of InvokeModel requests, and start the version again: it "
    "goes on from the texts that are encoded.",
}


class Titan:
    """A TextModel. `client` is boto3's client of bedrock-runtime (see `connected`)."""

    width = VECTOR_WIDTH

    def __init__(self, client: Any, model: str) -> None:
        self.client, self.name = client, model

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts: float32[texts, 256], rows of length 1. Raises TextModelError."""
        pool = ThreadPoolExecutor(MAX_CONCURRENT_CALLS)
        try:
            return np.stack(list(pool.map(self._one, texts)))
        finally:
            pool.shutdown(cancel_futures=True)  # after an error, no more calls are made or paid

    def describe_cost(self, texts: Sequence[str]) -> str:
        tokens = sum(len(_cut(text)) for text in texts) // BYTES_PER_TOKEN
        cost = tokens / 1e6 * USD_PER_MILLION_TOKENS
        return f"{len(texts):,} for {self.name} on Bedrock, about {tokens:,} tokens, some ${cost:.2f}"

    def _one(self, text: str) -> NDArray[np.float32]:
        from botocore.exceptions import BotoCoreError, ClientError

        region = self.client.meta.region_name
        asked = {"inputText": _cut(text).decode(), "dimensions": VECTOR_WIDTH, "normalize": True}
        try:
            answer = self.client.invoke_model(
                modelId=self.name,
                body=json.dumps(asked),
                contentType="application/json",
                accept="application/json",
            )
            said = json.loads(answer["body"].read())
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise TextModelError(
                f"Bedrock refused {self.name} in {region}: {error.response['Error'].get('Message') or code} "
                f"({code}). {ADVICE.get(code, 'Start the version again.')}"
            ) from None
        except (BotoCoreError, ValueError) as error:
            raise TextModelError(
                f"Bedrock in {region} did not answer for {self.name}: {error}. Start the version again: it "
                "goes on from the texts that are encoded."
            ) from None
        found = np.asarray(said.get("embedding") or (), np.float32)
        if len(found) != VECTOR_WIDTH:
            raise TextModelError(f"{self.name} answered with {len(found)} numbers, not {VECTOR_WIDTH}.")
        return found


def connected(model: str, region: str | None) -> Titan:
    """The model in a region, with the job's own credentials. Raises TextModelError."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        retries={"mode": "adaptive", "max_attempts": 10},
        max_pool_connections=MAX_CONCURRENT_CALLS,
        connect_timeout=10,
        read_timeout=30,
    )
    try:
        return Titan(boto3.client("bedrock-runtime", region_name=region, config=config), model)
    except BotoCoreError as error:
        raise TextModelError(f"Bedrock cannot be reached: {error}") from None


def _cut(text: str) -> bytes:
    """The text in UTF-8, at most MAX_TEXT_BYTES bytes, cut between letters."""
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore").encode()
