"""Lines of a shard, in groups and in parts of a group."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from lambdas.batch.answer import GROUP, Counts, PrefetchedProfiles, answer_shard
from lambdas.stores.lake import LakeBucket
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.lines import Question
from tastemaker.files import File
from tests.lambdas.aws import LAKE
from tests.tastemaker.serving.films import GROUP as DATASET_GROUP
from tests.tastemaker.serving.films import PREFIX, Cinema


class Input:
    """A source with one file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def open(self, file: File) -> BinaryIO:
        return io.BytesIO(self._content)


@dataclass(frozen=True)
class RecordedJob(InferenceJob):
    """A job that scores `size` lines together, and notes how many it scored and answered."""

    size: int = GROUP
    seen: list[int | str] = field(default_factory=list)

    @property
    def lines_together(self) -> int:
        return self.size

    def score_together(self, questions: Sequence[Question]) -> None:
        self.seen.append(len(questions))
        super().score_together(questions)

    def json_answer(self, question: Question) -> str:
        self.seen.append("answer")
        return super().json_answer(question)


@pytest.mark.parametrize(("size", "seen"), [(GROUP, [5, *["answer"] * 5]), (2, [2, "answer", "answer"])])
def test_lines_are_answered_before_the_next_part_of_their_group_is_scored(
    lake_client: Any, tmp_path: Path, size: int, seen: list[int | str]
) -> None:
    cinema = Cinema(tmp_path)
    model = InferenceJob.from_plan(
        {
            "arn": f"{PREFIX}batch-inference-job/j",
            "solutionVersionArn": f"{PREFIX}solution/s/1",
            "datasetGroupArn": DATASET_GROUP,
            "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization-v2",
            "bundle": "s3://lake/sequence/",
            "numResults": 4,
            "config": {},
        },  # type: ignore[typeddict-item]  # what answering a line reads
        cinema.runtime,
    )
    job = RecordedJob(model.runtime, model.endpoint, model.results, model.filter_arn, size=size)
    content = b"".join(json.dumps({"userId": f"u{number}"}).encode() + b"\n" for number in range(5))
    entry = {
        "bucket": "inbox", "key": "users.json", "size": len(content), "etag": "e",
        "file": 0, "start": 0, "end": len(content), "part": "part.json",
    }  # fmt: skip
    with PrefetchedProfiles(cinema.profiles, 1_000) as ahead:
        counts = answer_shard(Input(content), LakeBucket(lake_client, LAKE), entry, job, ahead)
    assert counts == Counts(5, 5) and job.seen[: len(seen)] == seen
    part = lake_client.get_object(Bucket=LAKE, Key="part.json")["Body"].read()
    assert [json.loads(line)["input"]["userId"] for line in part.splitlines()] == [
        "u0",
        "u1",
        "u2",
        "u3",
        "u4",
    ]
