"""A stage with a model on Amazon Bedrock: requests that Bedrock accepts, and all that can happen to them."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local import Local
from scripts.client_models import TARGET
from tests.end_to_end import shop
from tests.end_to_end.conftest import CREDENTIALS
from tests.end_to_end.store import Store
from tests.end_to_end.test_texts import COLUMNS

MODEL = "amazon.nova-micro-v1:0"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    os.environ.update(CREDENTIALS)
    with Local(stage="lite") as run:
        store = Store(run.endpoint, "written")
        store.load_shop()
        yield store


@pytest.fixture(scope="module")
def version(store: Store) -> str:
    return store.train("aws-similar-items")


@pytest.fixture(scope="module")
def campaign(store: Store, version: str) -> str:
    return store.deploy("written", version)


@pytest.fixture(scope="module")
def bedrock(store: Store) -> Callable[..., list[dict[str, Any]]]:
    """Says what the next calls of Bedrock get, and returns the calls so far, newest last."""

    def control(*outcomes: str) -> list[dict[str, Any]]:
        address = f"{store.endpoint}/_local/text-models"
        script = urllib.request.Request(address, json.dumps({"outcomes": outcomes}).encode())
        urllib.request.urlopen(script, timeout=60).close()
        with urllib.request.urlopen(address, timeout=60) as response:
            calls: list[dict[str, Any]] = json.load(response)["calls"]
        return calls

    return control


@pytest.fixture(scope="module")
def client(store: Store) -> Iterator[Callable[[str], Any]]:
    """Makes clients with the models of the deployment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "AWS_DATA_PATH", str(TARGET))
        session = boto3.Session(region_name="us-east-1")
        yield lambda service: session.client(service, endpoint_url=store.endpoint)


@pytest.fixture(scope="module")
def push(client: Callable[[str], Any], campaign: str) -> Callable[[int], dict[str, Any]]:
    """A push message about what is similar to an item."""
    texts = client("tastemaker")

    def write(number: int) -> dict[str, Any]:
        message: dict[str, Any] = texts.generate_message(
            campaignArn=campaign, itemId=shop.item("tea", number), messageType="PUSH", itemColumns=COLUMNS
        )["message"]
        return message

    return write


def test_text_of_the_model_is_kept_in_the_lake(store: Store, bedrock: Any, push: Any) -> None:
    bedrock("throttle", "answer")
    first = push(1)
    assert (first["source"], first["problems"]) == (MODEL, [])
    calls = bedrock()
    assert [call["outcome"] for call in calls] == ["throttle", "answer"]
    assert push(1) == first and bedrock() == calls
    s3 = store.client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    found = {bucket: s3.list_objects_v2(Bucket=bucket, Prefix="texts/") for bucket in buckets}
    ((lake, key),) = [
        (name, one["Key"]) for name, listed in found.items() for one in listed.get("Contents", ())
    ]
    assert s3.get_object(Bucket=lake, Key=key)["Body"].read().decode() == first["text"]


def test_answers_that_cannot_be_used_lead_to_another_try_or_to_the_template(bedrock: Any, push: Any) -> None:
    bedrock("invent", "answer")
    again = push(2)
    assert again["source"] == MODEL and "Free shipping" not in again["text"]
    assert "rejected" in bedrock()[-1]["messages"][0]["content"][0]["text"]
    for outcomes, problem in (
        (("refuse",), "content_filtered"),
        (("truncate", "truncate"), "cut off"),
        (("invent", "invent"), "free shipping"),
    ):
        bedrock(*outcomes)
        found = push(3)
        assert found["source"] == "template" and problem in " ".join(found["problems"])


def test_batch_job_has_messages_of_the_model(
    store: Store, client: Callable[[str], Any], version: str, bedrock: Any
) -> None:
    items = [shop.item("bread", number) for number in range(4)]
    location = store.put("items.json", "\n".join(json.dumps({"itemId": item}) for item in items))
    bedrock("throttle", "answer", "refuse", "answer")
    job = client("personalize").create_batch_inference_job(
        jobName="written",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": location}},
        jobOutput={"s3DataDestination": {"path": f"s3://{store.bucket}/written/"}},
        roleArn=store.role,
        numResults=3,
        messageConfig={"messageType": "PUSH", "itemColumns": COLUMNS},
    )["batchInferenceJobArn"]
    store.wait("batch_inference_job", "batchInferenceJob", job)
    lines = [json.loads(line) for line in store.text("written/items.json.out").splitlines()]
    sources = [line["output"]["message"]["source"] for line in lines]
    assert sorted(sources) == sorted(["template", MODEL, MODEL, MODEL])


def test_model_without_access_is_named_and_templates_write(bedrock: Any, push: Any) -> None:
    bedrock("deny")
    found = push(4)
    assert found["source"] == "template" and "aws-marketplace:Subscribe" in found["problems"][0]
