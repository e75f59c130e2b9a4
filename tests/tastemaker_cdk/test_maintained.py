"""The parameter file of the retired solution as a stack: its resources, and jobs on schedules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from tastemaker.declaration.file.document import InvalidDeclaration
from tastemaker_cdk import MaintainedExperiences, Source
from tests.tastemaker.declaration.file.test_maintaining import FILE


def stack_of(parameters: Any, **more: Any) -> tuple[cdk.Stack, MaintainedExperiences]:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "films")
    bucket = s3.Bucket.from_bucket_name(stack, "Data", "experiences")
    if more.pop("batches", False):
        more = {
            "batch_input": Source(bucket, "batch/users.json"),
            "batch_output": Source(bucket, "batch/out/"),
        }
    made = MaintainedExperiences(
        stack, "Films", parameters=parameters, data=Source(bucket, "train/films/"), **more
    )
    return stack, made


def test_file_becomes_a_stack_with_the_schedules_in_it(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(FILE))
    stack, made = stack_of(file, batches=True)
    stack.node.root.synth()  # type: ignore[attr-defined]
    template = Template.from_stack(stack)
    template.resource_count_is("Custom::TastemakerSolution", 3)
    template.has_resource_properties(
        "Custom::TastemakerDatasetImportJob",
        {
            "DataSource": {"DataLocation": "s3://experiences/train/films/interactions.csv"},
            "ImportMode": "FULL",
        },
    )
    assert "campaigns.home" in made.resources
    schedules = template.find_resources("AWS::Scheduler::Schedule").values()
    found = [
        (one["Properties"]["ScheduleExpression"], json.dumps(one["Properties"]["Target"]["Input"]))
        for one in schedules
    ]
    imports = [text for expression, text in found if expression == "cron(0 */6 * * ? *)"]
    batches = [text for expression, text in found if expression == "cron(0 3 * * ? *)"]
    assert (len(imports), len(batches), len(found)) == (2, 2, 4)
    assert all("DatasetImportJob" in text and "s3://experiences/train/films/" in text for text in imports)
    assert "BatchInferenceJob" in "".join(batches) and "BatchSegmentJob" in "".join(batches)
    assert all("$LATEST" in text and "s3://experiences/batch/out/" in text for text in batches)


def test_batch_jobs_without_a_place_are_left_out_with_a_warning() -> None:
    stack, _ = stack_of(FILE)
    Template.from_stack(stack).resource_count_is("AWS::Scheduler::Schedule", 2)
    warning = Match.string_like_regexp("batch jobs of .* not scheduled: give batch_input")
    Annotations.from_stack(stack).has_warning("*", warning)


def test_wrong_file_fails_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**FILE, "campaigns": []}))
    with pytest.raises(InvalidDeclaration, match=r"config.json: A parameter file has no 'campaigns'"):
        stack_of(file)
