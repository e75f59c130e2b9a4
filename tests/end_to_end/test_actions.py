"""Next best action through the API: datasets, a campaign, puts, and what they change."""

import json
import time
from typing import Any

import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import SCHEMAS, Store, until
from tests.standard_schemas import ACTION_ID, FIELDS, field

ACTION_SCHEMAS = {
    **SCHEMAS,
    "Actions": [ACTION_ID, field("VALUE", ["null", "long"]), field("REPEAT_FREQUENCY", ["null", "long"])],
    "Action_Interactions": FIELDS["Action_Interactions"],
}
ACTIONS = "ACTION_ID,VALUE,REPEAT_FREQUENCY\nsubscribe,5,\nrefer,1,7\ncall,3,\n"


def deeds_csv() -> str:
    """Customers of two aisles subscribe, and those of the other two refer friends."""
    rows = ["USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP"]
    for customer in range(shop.CUSTOMERS):
        first = customer % len(shop.AISLES) < 2
        for action, taken in (("subscribe", first), ("refer", not first)):
            at = shop.START + 60 * 86_400 + customer * 60
            rows.append(f"customer-{customer},{action},{'Taken' if taken else 'Not Taken'},{at}")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def asked(endpoint: str) -> Any:
    store = Store(endpoint, "next-action", schemas=ACTION_SCHEMAS)
    store.load("Interactions", shop.interactions_csv())
    store.load("Actions", ACTIONS)
    store.load("Action_Interactions", deeds_csv())
    campaign = store.deploy("actions", store.train("aws-next-best-action"))
    runtime = store.client("personalize-runtime")

    def ask(user: str, **more: Any) -> list[dict[str, Any]]:
        answer = runtime.get_action_recommendations(campaignArn=campaign, userId=user, **more)
        found: list[dict[str, Any]] = answer["actionList"]
        return found

    return store, campaign, ask


def test_propensities_follow_the_taste_of_a_user(asked: Any) -> None:
    _, _, ask = asked
    first = {row["actionId"]: row["score"] for row in ask("customer-0")}
    other = {row["actionId"]: row["score"] for row in ask("customer-3")}
    assert set(first) == {"subscribe", "refer", "call"} and first["call"] == 0.0
    assert first["subscribe"] > 0.7 > 0.3 > first["refer"]
    assert other["refer"] > 0.7 > 0.3 > other["subscribe"]
    assert len(ask("customer-0", numResults=1)) == 1 and len(ask("unknown-customer")) == 3


def test_solution_version_has_the_metrics_of_the_recipe(asked: Any) -> None:
    store, campaign, _ = asked
    version = store.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]
    metrics = store.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    assert metrics["auc"] > 0.9 and {"coverage", "precision", "recall"} < set(metrics)


def test_what_a_user_just_did_is_not_recommended_again(asked: Any) -> None:
    store, _, ask = asked
    dataset = until(
        lambda: store.personalize.describe_dataset(datasetArn=store.datasets["Action_Interactions"])[
            "dataset"
        ],
        "ACTIVE",
    )
    events = store.client("personalize-events")
    events.put_actions(
        datasetArn=store.datasets["Actions"],
        actions=[{"actionId": "visit", "properties": json.dumps({"value": 2})}],
    )
    deed = {
        "actionId": "refer",
        "userId": "customer-3",
        "sessionId": "s",
        "timestamp": int(time.time()),
        "eventType": "Taken",
    }
    assert "refer" in [row["actionId"] for row in ask("customer-3")]
    events.put_action_interactions(trackingId=dataset["trackingId"], actionInteractions=[deed])
    deadline = time.time() + 120
    while "refer" in [row["actionId"] for row in ask("customer-3")]:
        assert time.time() < deadline, "the action is still recommended"
        time.sleep(0.3)
    assert "refer" in [row["actionId"] for row in ask("customer-2")]


def test_filter_excludes_actions_by_their_attributes(asked: Any) -> None:
    store, _, ask = asked
    arn = store.personalize.create_filter(
        name="valuable",
        datasetGroupArn=store.group,
        filterExpression="EXCLUDE ActionID WHERE Actions.VALUE < 3",
    )["filterArn"]
    assert {row["actionId"] for row in ask("customer-0", filterArn=arn)} == {"subscribe", "call"}
