"""The calls of the resource builder of AWS's Retail Demo Store, until it has made its themes.

Transcribed from `personalize_pre_create_resources.py` of aws-samples/retail-demo-store (MIT-0): a schedule
calls `update` until everything is ACTIVE. Its names, its schemas, its filter, and its reading of the output
are kept. The catalog is small.
"""

import json
import time
from typing import Any

import pytest

from tests.end_to_end.store import Store, until

SCORE_THRESHOLD = 0.1
MIN_ITEMS = 3
SHELVES = {
    ("accessories", "backpack"): ["Leather Daypack", "Rugged Backpack", "Canvas Backpack", "Travel Daypack"],
    ("housewares", "kitchen"): ["Copper Kettle", "Enameled Pot", "Bread Board", "Cast Iron Pan"],
    ("instruments", "strings"): ["Vintage Guitar", "Electric Bass", "Acoustic Guitar", "Concert Ukulele"],
}
FIELDS: dict[str, list[dict[str, Any]]] = {
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "PRICE", "type": "float"},
        {"name": "CATEGORY_L1", "type": "string", "categorical": True},
        {"name": "CATEGORY_L2", "type": "string", "categorical": True},
        {"name": "PRODUCT_NAME", "type": "string"},
        {"name": "PRODUCT_DESCRIPTION", "type": "string", "textual": True},
        {"name": "GENDER", "type": "string", "categorical": True},
        {"name": "PROMOTED", "type": "string"},
    ],
    "Interactions": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "USER_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "DISCOUNT", "type": "string", "categorical": True},
    ],
}


def items() -> list[str]:
    rows = []
    for number, ((first, second), names) in enumerate(SHELVES.items()):
        for place in range(12):
            name = f"{names[place % 4]} {chr(65 + place)}"
            text = f"A {names[place % 4].lower()} for everyday use, well made."
            rows.append(f'{first}-{place},{10 + number + place}.5,{first},{second},{name},"{text}",F,N')
    return rows


def interactions() -> list[str]:
    """Each user views items of one shelf."""
    rows = []
    names = [first for first, _ in SHELVES]
    for user in range(120):
        for step in range(10):
            item = f"{names[user % 3]}-{(user * 7 + step * 5) % 12}"
            rows.append(f"{item},{user},View,{1_700_000_000 + user * 1000 + step * 60},No")
    return rows


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, "retaildemostore-products", domain="ECOMMERCE", schemas=FIELDS)
    store.load("Interactions", "\n".join(["ITEM_ID,USER_ID,EVENT_TYPE,TIMESTAMP,DISCOUNT", *interactions()]))
    header = ",".join(field["name"] for field in FIELDS["Items"])
    store.load("Items", "\n".join([header, *items()]))
    return store


class Builder:
    """The part of the builder that makes the theme job, with its state between two calls."""

    def __init__(self, store: Store, solution_version: str) -> None:
        self.store, self.personalize = store, store.personalize
        self.solution_version = solution_version
        self.products: dict[str, dict[str, Any]] = {}

    def filter(self) -> tuple[str, bool]:
        name = "retaildemostore-filter-same-categories"
        for page in self.personalize.get_paginator("list_filters").paginate(datasetGroupArn=self.store.group):
            for found in page["Filters"]:
                if found["name"] == name:
                    return found["filterArn"], found["status"] == "ACTIVE"
        made = self.personalize.create_filter(
            name=name,
            datasetGroupArn=self.store.group,
            filterExpression="INCLUDE ItemID WHERE ITEMS.CATEGORY_L1 IN CurrentItem.CATEGORY_L1",
        )
        return made["filterArn"], False

    def theme_job(self, filter_arn: str) -> dict[str, Any] | None:
        """The job in the list of jobs, or None if this call has created it."""
        name = f"retaildemostore-related-items-theme-job-{self.solution_version.split('/')[-1]}"
        jobs = self.personalize.get_paginator("list_batch_inference_jobs")
        for page in jobs.paginate(solutionVersionArn=self.solution_version):
            for job in page["batchInferenceJobs"]:
                if job["jobName"] == name:
                    found: dict[str, Any] = job
                    return found
        lines = [json.dumps({"itemId": f"{first}-{place}"}) for first, _ in SHELVES for place in (0, 5)]
        path = self.store.put("related_items_json_input.json", "\n".join(lines) + "\n")
        self.personalize.create_batch_inference_job(
            solutionVersionArn=self.solution_version,
            jobName=name,
            roleArn=self.store.role,
            filterArn=filter_arn,
            batchInferenceJobMode="THEME_GENERATION",
            themeGenerationConfig={"fieldsForThemeGeneration": {"itemName": "PRODUCT_NAME"}},
            jobInput={"s3DataSource": {"path": path}},
            jobOutput={
                "s3DataDestination": {"path": f"s3://{self.store.bucket}/related-items/similar-items/"}
            },
            numResults=15,
        )
        return None

    def update_products(self, job: dict[str, Any]) -> None:
        response = self.store.s3.list_objects_v2(
            Bucket=self.store.bucket, Prefix="related-items/similar-items/"
        )
        key = next(
            one["Key"]
            for one in response["Contents"]
            if one["LastModified"] >= job["creationDateTime"].replace(microsecond=0)
            and one["Key"].endswith(".out")
        )
        for line in self.store.text(key).splitlines():
            results = json.loads(line)
            item_id = results["input"]["itemId"]
            scores = results["output"]["itemsThemeRelevanceScores"]
            related = [
                similar
                for place, similar in enumerate(results["output"]["recommendedItems"])
                if scores[place] >= SCORE_THRESHOLD
            ]
            self.products[item_id] = {}
            if len(related) >= MIN_ITEMS:
                self.products[item_id]["related_items_theme"] = results["output"]["theme"].rstrip(".")
                self.products[item_id]["related_items"] = related

    def update(self) -> bool:
        """Make one call of the schedule. Returns whether everything is done."""
        filter_arn, active = self.filter()
        if not active:
            return False
        job = self.theme_job(filter_arn)
        if job is None or job["status"] != "ACTIVE":
            assert job is None or job["status"] != "CREATE FAILED", job["failureReason"]
            return False
        self.update_products(job)
        return True


def test_resource_builder_ends_with_a_theme_for_each_featured_product(store: Store) -> None:
    solution = store.personalize.create_solution(
        name="retaildemostore-related-items",
        datasetGroupArn=store.group,
        recipeArn="arn:aws:personalize:::recipe/aws-similar-items",
        eventType="View",
        performAutoTraining=False,
        solutionConfig={
            "trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRODUCT_NAME", "PROMOTED"]}}
        },
    )["solutionArn"]
    version = store.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    until(
        lambda: store.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"],
        "ACTIVE",
    )
    builder, deadline = Builder(store, version), time.time() + 180
    while not builder.update():
        assert time.time() < deadline
        time.sleep(0.2)
    assert len(builder.products) == 6
    for item_id, product in builder.products.items():
        category = item_id.rsplit("-", 1)[0]
        assert len(product["related_items"]) >= MIN_ITEMS, (item_id, product)
        assert {other.rsplit("-", 1)[0] for other in product["related_items"]} == {category}
        theme = product["related_items_theme"]
        assert 3 <= len(theme) <= 60 and category in theme.casefold(), (item_id, theme)
