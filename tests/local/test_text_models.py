"""Amazon Bedrock's Converse as the local run plays it."""

from __future__ import annotations

import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

MODEL = "amazon.nova-micro-v1:0"
PROMPT = "A plain title is: Leather bags\nThe items:\n[]"


@pytest.fixture
def converse(local):
    client = local.client("bedrock-runtime")

    def call(text=PROMPT, **more):
        request = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": text}]}]}
        return client.converse(**(request | more))

    return call


@pytest.fixture
def control(local):
    def call(body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{local.endpoint}/_local/text-models", data)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    yield call
    call({"outcomes": []})


def said(answer):
    return "".join(block["text"] for block in answer["output"]["message"]["content"])


def test_answer_is_the_plain_text_of_the_prompt(converse):
    answer = converse()
    assert said(answer) == "Leather bags" and answer["stopReason"] == "end_turn"
    assert answer["usage"]["inputTokens"] > answer["usage"]["outputTokens"] > 0


def test_calls_have_the_outcomes_of_the_script_in_order(converse, control):
    control({"outcomes": ["throttle", "refuse", "truncate", "invent"]})
    with pytest.raises(ClientError, match="ThrottlingException"):
        converse()
    assert converse()["stopReason"] == "content_filtered"
    cut = converse()
    assert (cut["stopReason"], said(cut)) == ("max_tokens", "Leathe")
    assert "Free shipping" in said(converse())
    assert said(converse()) == "Leather bags"
    outcomes = [call["outcome"] for call in control()["calls"]]
    assert outcomes[-5:] == ["throttle", "refuse", "truncate", "invent", "answer"]


def test_model_may_be_denied(converse, control):
    control({"outcomes": ["deny"]})
    with pytest.raises(ClientError, match="AccessDeniedException"):
        converse()


def test_unknown_outcome_is_refused(control):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        control({"outcomes": ["explode"]})


def test_requests_are_checked_against_the_service_model(local, converse):
    with pytest.raises(ClientError, match="ValidationException"):
        converse(inferenceConfig={"temperature": 7.0})
    with pytest.raises(ClientError, match="start with a user message"):
        converse(messages=[{"role": "assistant", "content": [{"text": "x"}]}])
    client = local.client("bedrock-runtime")
    client.meta.events.register("before-call.bedrock-runtime.Converse", _with_unknown_member)
    with pytest.raises(ClientError, match="Unknown members: prompt"):
        client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "x"}]}])


def _with_unknown_member(params, **_):
    params["body"] = json.dumps({**json.loads(params["body"]), "prompt": "x"}).encode()
