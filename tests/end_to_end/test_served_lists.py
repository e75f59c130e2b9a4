"""Precomputed lists of a batch job answer live requests when the model is gone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tastemaker.contracts.dataset_storage import is_of_group
from tastemaker.contracts.lake_layout import Area
from tests.end_to_end import shop
from tests.end_to_end.store import Store
from tests.end_to_end.test_batch_inference import answers, lines, start

SOURCE = "x-tastemaker-source"
KNOWN = shop.item("tea", 3)


@pytest.fixture(scope="module")
def served(store: Store, similar: str) -> list[str]:
    """The list of the user `KNOWN`, which a job has precomputed for a day."""
    location = store.put("served.json", lines(*({"itemId": shop.item(aisle, 3)} for aisle in shop.AISLES)))
    tags = [{"tagKey": "tastemaker:serve-days", "tagValue": "1"}]
    store.wait(
        "batch_inference_job", "batchInferenceJob", start(store, "served", similar, location, tags=tags)
    )
    found = {one["input"]["itemId"]: one["output"] for one in answers(store, "served/served.json.out")}
    items: list[str] = found[KNOWN]["recommendedItems"]
    return items


@contextmanager
def without_models(store: Store) -> Iterator[None]:
    """Remove the group's models from the lake during the test."""
    lake = next(name for name in names(store) if "Contents" in listed(store, name, "groups/"))
    kept = {}
    for entry in listed(store, lake, f"groups/{store.name}")["Contents"]:
        if not is_of_group(entry["Key"], store.name, Area.MODELS):
            continue
        kept[entry["Key"]] = store.s3.get_object(Bucket=lake, Key=entry["Key"])["Body"].read()
        store.s3.delete_object(Bucket=lake, Key=entry["Key"])
    try:
        yield
    finally:
        for key, body in kept.items():
            store.s3.put_object(Bucket=lake, Key=key, Body=body)


def names(store: Store) -> list[str]:
    return [bucket["Name"] for bucket in store.s3.list_buckets()["Buckets"]]


def listed(store: Store, bucket: str, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = store.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return found


def test_precomputed_lists_answer_when_the_model_is_gone(
    store: Store, similar: str, served: list[str]
) -> None:
    campaign = store.deploy("served", similar)
    runtime = store.client("personalize-runtime")

    def ask(item: str) -> tuple[list[str], str | None]:
        answer = runtime.get_recommendations(campaignArn=campaign, itemId=item)
        source = answer["ResponseMetadata"]["HTTPHeaders"].get(SOURCE)
        return [one["itemId"] for one in answer["itemList"]], source

    assert ask(KNOWN) == (served, None)
    with without_models(store), ThreadPoolExecutor(8) as pool:
        # Concurrent requests start processes that have not fetched the model.
        for _ in range(20):
            found = list(pool.map(ask, [KNOWN] * 8))
            assert all(items == served for items, _ in found)
            sources = {source for _, source in found if source}
            if sources:
                break
        (source,) = sources
    assert source.startswith("stored; reason=failure; job=served; as-of=20")
