"""Batch inference jobs through the API, as an AWS program runs them."""

import json
from typing import Any

from tests.end_to_end import shop
from tests.end_to_end.store import Store


def start(store: Store, name: str, version: str, location: str, **more: Any) -> str:
    arn: str = store.personalize.create_batch_inference_job(
        jobName=name,
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": location}},
        jobOutput={"s3DataDestination": {"path": f"s3://{store.bucket}/{name}/"}},
        roleArn=store.role,
        **more,
    )["batchInferenceJobArn"]
    return arn


def lines(*questions: Any) -> str:
    return "\n".join(json.dumps(question) for question in questions)


def answers(store: Store, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in store.text(key).splitlines()]


def test_batch_job_over_a_folder_answers_like_a_campaign(store: Store, similar: str, campaign: str) -> None:
    items = [shop.item(aisle, 3) for aisle in shop.AISLES]
    store.put("items/a.json", lines(*({"itemId": item} for item in items[:3])) + "\nnonsense\n")
    location = store.put("items/b.json", lines({"itemId": items[3]}))
    arn = start(store, "folder", similar, location.removesuffix("b.json"), numResults=7)
    done = store.wait("batch_inference_job", "batchInferenceJob", arn)
    assert done["numResults"] == 7 and done["batchInferenceJobMode"] == "BATCH_INFERENCE"

    runtime = store.client("personalize-runtime")
    found = answers(store, "folder/a.json.out")
    assert [list(answer) for answer in found] == [["input", "output", "error"]] * 4
    assert found[3]["input"] == "nonsense" and found[3]["output"] is None and "JSON" in found[3]["error"]
    for answer in [*found[:3], *answers(store, "folder/b.json.out")]:
        item = answer["input"]["itemId"]
        live = runtime.get_recommendations(campaignArn=campaign, itemId=item, numResults=7)["itemList"]
        assert answer["output"] == {"recommendedItems": [row["itemId"] for row in live]}
        assert shop.aisle_of(answer["output"]["recommendedItems"][0]) == shop.aisle_of(item)


def test_each_line_of_a_batch_can_have_filter_values(store: Store, similar: str) -> None:
    expression = "INCLUDE ItemID WHERE Items.AISLE IN ($AISLE)"
    filter_arn = store.personalize.create_filter(
        name="batch-aisle", datasetGroupArn=store.group, filterExpression=expression
    )["filterArn"]
    question = {"itemId": shop.item("tea", 1)}
    location = store.put("filtered.json", lines({**question, "filterValues": {"AISLE": '"bread"'}}, question))
    arn = start(store, "filtered", similar, location, filterArn=filter_arn)
    store.wait("batch_inference_job", "batchInferenceJob", arn)
    bread, refused = answers(store, "filtered/filtered.json.out")
    assert {shop.aisle_of(item) for item in bread["output"]["recommendedItems"]} == {"bread"}
    assert refused["output"] is None and "AISLE" in refused["error"]


def test_job_without_input_fails_with_a_reason(store: Store, similar: str) -> None:
    arn = start(store, "nothing", similar, f"s3://{store.bucket}/nowhere.json")
    failed = store.wait("batch_inference_job", "batchInferenceJob", arn, "CREATE FAILED")
    assert "nowhere.json" in failed["failureReason"]
