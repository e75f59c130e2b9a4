"""Queries that Amazon Bedrock encodes: exact requests, the cache, and errors."""

import io
import json
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from lambdas.search.titan import MAX_CACHED, TitanEncoder
from tastemaker.search.errors import UnavailableError


class Bedrock:
    """Answers with a fixed vector. `error` is raised instead."""

    def __init__(self, vector: list[float]) -> None:
        self.vector, self.calls = vector, [dict[str, Any]()][:0]
        self.error: Exception | None = None

    def invoke_model(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        if self.error is not None:
            raise self.error
        return {"body": io.BytesIO(json.dumps({"embedding": self.vector}).encode())}


def test_query_is_encoded_once_as_the_items_were() -> None:
    bedrock = Bedrock([0.6, 0.8])
    encoder = TitanEncoder(bedrock, "amazon.titan-embed-text-v2:0", 2)
    for text in ("red shoes", "  red   shoes "):
        assert encoder.encode(text) == pytest.approx(np.array([0.6, 0.8]))
    (call,) = bedrock.calls
    assert call["modelId"] == "amazon.titan-embed-text-v2:0"
    assert json.loads(call["body"]) == {"inputText": "red shoes", "dimensions": 2, "normalize": True}
    assert not encoder.encode(" \n").any() and len(bedrock.calls) == 1


def test_cache_is_bounded() -> None:
    bedrock = Bedrock([1.0])
    encoder = TitanEncoder(bedrock, "m", 1)
    for number in range(MAX_CACHED + 1):
        encoder.encode(f"query {number}")
    encoder.encode("query 0")
    assert len(bedrock.calls) == MAX_CACHED + 2


def test_refusal_and_wrong_answer_are_said() -> None:
    bedrock = Bedrock([1.0, 0.0, 0.0])
    with pytest.raises(UnavailableError, match="3 numbers, not 2"):
        TitanEncoder(bedrock, "m", 2).encode("x")
    bedrock.error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "InvokeModel")
    with pytest.raises(UnavailableError, match="Use a text query"):
        TitanEncoder(bedrock, "m", 3).encode("x")
