"""Vectors of queries by Titan Text Embeddings V2 on Amazon Bedrock, the model that made those of the items.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
"""

import json
from collections import OrderedDict
from typing import Any

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray

from tastemaker.search.errors import UnavailableError

PREFIX = "amazon.titan-embed-text-v2"
MAX_CACHED = 1000
"""Queries whose vectors a process keeps. Popular queries are asked many times, and each call is paid."""
MAX_LETTERS = 2000


class TitanEncoder:
    """The `QueryEncoder` of a model on Bedrock. `client` is boto3's client of bedrock-runtime."""

    def __init__(self, client: Any, model: str, width: int) -> None:
        self._client, self._model, self._width = client, model, width
        self._cached: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def encode(self, text: str) -> NDArray[np.float32]:
        """The vector of a text: float32[width] of length 1. Raises UnavailableError."""
        text = " ".join(text.split())[:MAX_LETTERS]
        if not text:
            return np.zeros(self._width, np.float32)
        if text in self._cached:
            self._cached.move_to_end(text)
            return self._cached[text]
        found = self._cached[text] = self._ask(text)
        if len(self._cached) > MAX_CACHED:
            self._cached.popitem(last=False)
        return found

    def _ask(self, text: str) -> NDArray[np.float32]:
        try:
            answer = self._client.invoke_model(
                modelId=self._model,
                body=json.dumps({"inputText": text, "dimensions": self._width, "normalize": True}),
                contentType="application/json",
                accept="application/json",
            )
            found = np.asarray(json.loads(answer["body"].read()).get("embedding") or (), np.float32)
        except (ClientError, BotoCoreError, ValueError) as error:
            raise UnavailableError(
                f"{self._model} on Amazon Bedrock did not encode the query: {error}. Use a text query."
            ) from None
        if found.shape != (self._width,):
            raise UnavailableError(f"{self._model} answered with {found.size} numbers, not {self._width}.")
        return found
