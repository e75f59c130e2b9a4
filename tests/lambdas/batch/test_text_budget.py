"""The ceiling on what a job's texts may cost: it holds for all shards and all their attempts together."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.batch.plan import plan_shards
from lambdas.batch.text_budget import check_budget, limited_spending
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.failures import WorkFailedError
from tastemaker.files import File
from tastemaker.generation.generator import CeilingReached, Usage
from tastemaker.generation.patience import Spending
from tests.lambdas.aws import LAKE

FOLDER = BatchFolder("groups/films/batch/job/")
MODEL = TextGeneration("anthropic.claude-haiku-4-5-20251001-v1:0", ceiling_usd=3)


class Input:
    """A bucket with the files of a job."""

    def __init__(self, **files: bytes) -> None:
        self._files = files

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        for name, data in self._files.items():
            yield File(bucket, f"{prefix}{name}", len(data), "etag")

    def open(self, file: File) -> Any:
        return io.BytesIO(self._files[file.key.rpartition("/")[2]])


def plan(**messages: Any) -> Any:
    return {
        "folder": FOLDER.prefix,
        "input": "s3://in/lines/",
        "output": "s3://out/",
        "shards": FOLDER.shards,
        "files": FOLDER.files,
        "messages": {"messageType": "EMAIL_BODY", **messages},
    }


LINES = b'{"userId": "ann"}\n' * 500
SEGMENT = json.dumps({"output": {"usersList": [f"u{number}" for number in range(2000)]}}).encode()


@pytest.fixture
def lake(lake_client: Any) -> LakeBucket:
    return LakeBucket(lake_client, LAKE)


def entries(lake: LakeBucket, texts: TextGeneration) -> list[dict[str, Any]]:
    plan_shards(Input(a=LINES, b=SEGMENT), lake, plan(), 100, texts)
    found: list[dict[str, Any]] = json.loads(lake.read(FOLDER.shards))
    return found


def test_shards_share_the_ceiling_of_the_job(lake: LakeBucket) -> None:
    found = entries(lake, MODEL)
    assert sum(entry["ceilingUsd"] for entry in found) == pytest.approx(3.0)
    assert len({entry["part"] for entry in found}) == len(found) > 8


def test_texts_of_templates_need_few_shards(lake: LakeBucket) -> None:
    assert len(entries(lake, TextGeneration())) == 2


def spend(spending: Spending, calls: int) -> None:
    for _ in range(calls):
        spending.check(0.01)
        spending.add(0.01, Usage())


def test_attempts_of_a_shard_share_what_it_may_spend(lake: LakeBucket) -> None:
    entry = {"part": FOLDER.part(0, 7), "ceilingUsd": 0.5}
    with limited_spending(lake, plan(), entry, first := Spending()):
        spend(first, 30)
    with limited_spending(lake, plan(), entry, second := Spending()), pytest.raises(CeilingReached):
        spend(second, 30)
    assert first.spent + second.spent <= 0.5 + 1e-9 and second.calls >= 19


def test_attempt_that_dies_has_noted_what_it_may_have_spent(lake: LakeBucket) -> None:
    entry = {"part": FOLDER.part(0, 7), "ceilingUsd": 0.5}
    limit = limited_spending(lake, plan(), entry, first := Spending())
    limit.__enter__()
    spend(first, 30)  # and no end
    with limited_spending(lake, plan(), entry, second := Spending()), pytest.raises(CeilingReached):
        spend(second, 30)
    assert first.spent + second.spent <= 0.5 + 1e-9 and second.calls >= 15


def test_estimate_follows_the_longest_text_that_the_request_allows() -> None:
    usual = check_budget(Input(a=LINES), plan(), MODEL)
    assert check_budget(Input(a=LINES), plan(maxLength=100), MODEL) == usual
    with pytest.raises(WorkFailedError, match=r"the ceiling is 3 USD\. Nothing was spent"):
        check_budget(Input(a=LINES), plan(maxLength=4000), MODEL)
