"""Our own operations that write texts, through the endpoint, with templates."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scripts.client_models import TARGET
from tests.end_to_end import shop
from tests.end_to_end.store import Store

COLUMNS = {"name": "AISLE", "description": "DESCRIPTION", "price": "PRICE", "currency": "EUR"}


@pytest.fixture(scope="module")
def texts(endpoint: str) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "AWS_DATA_PATH", str(TARGET))
        yield boto3.Session(region_name="us-east-1").client("tastemaker", endpoint_url=endpoint)


def test_message_about_related_items_has_its_sources(store: Store, campaign: str, texts: Any) -> None:
    item = shop.item("tea", 3)
    found = texts.generate_message(
        campaignArn=campaign,
        itemId=item,
        messageType="EMAIL_BODY",
        itemColumns=COLUMNS,
        language="de",
        greeting="Hallo {{name}},",
    )["message"]
    live = store.client("personalize-runtime").get_recommendations(
        campaignArn=campaign, itemId=item, numResults=5
    )
    assert found["itemIds"] == [row["itemId"] for row in live["itemList"]]
    assert found["text"].startswith("Hallo {{name}},\n\n") and "€" in found["text"]
    assert found["source"] == "template"
    prices = [fact for fact in found["facts"] if fact["column"] == "PRICE"]
    assert len(prices) == 5 and all(shop.aisle_of(fact["itemId"]) == "tea" for fact in prices)


def test_related_items_are_explained_and_summarized(campaign: str, texts: Any) -> None:
    explained = texts.explain_recommendations(
        campaignArn=campaign, itemId=shop.item("tea", 3), numResults=3, itemColumns=COLUMNS
    )
    assert explained["row"] == {"text": "Similar to tea", "source": "template"}
    assert len(explained["items"]) == 3
    summary = texts.summarize_item(campaignArn=campaign, itemId=shop.item("tea", 3), itemColumns=COLUMNS)
    assert "number 3, on the shelf" in summary["summary"]["text"]


def test_error_of_the_generation_function_reaches_the_client(campaign: str, texts: Any) -> None:
    with pytest.raises(ClientError, match="no view of a user") as raised:
        texts.describe_taste(campaignArn=campaign, userId="customer-1")
    assert raised.value.response["Error"]["Code"] == "InvalidInputException"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        texts.summarize_item(campaignArn=f"{campaign}-unknown", itemId="x")


def test_costs_are_estimated_without_a_campaign(texts: Any) -> None:
    found = texts.estimate_text_cost(textType="EMAIL_SUBJECT", textCount=1_000_000)
    assert [one["model"] for one in found["estimates"] if one["used"]] == ["template"]
