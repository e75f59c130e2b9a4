"""The stages of `cdk.json`."""

from __future__ import annotations

import json

import pytest

from infrastructure.settings.declaration import StageError
from infrastructure.settings.jobs import image_parts
from infrastructure.stage import CDK_JSON, load, parse


@pytest.mark.parametrize("name", json.loads(CDK_JSON.read_text())["context"]["stages"])
def test_every_stage_of_the_app_loads(name: str) -> None:
    assert load(name).stack_name == f"tastemaker-{name}"


def test_unknown_stage_is_refused_with_the_names_of_the_known_ones() -> None:
    with pytest.raises(StageError, match=r"no stage 'qa' .* choose one of dev, lite, local, prod"):
        load("qa")


def test_stage_name_with_other_characters_is_refused() -> None:
    with pytest.raises(StageError, match="lowercase letters and digits"):
        parse("My-Stage", {})


@pytest.mark.parametrize(
    "image", ["x@sha256:" + "0" * 64, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:latest"]
)
def test_training_image_that_moves_or_is_elsewhere_is_refused(image: str) -> None:
    with pytest.raises(StageError, match=r"training\.image must be an image in Amazon ECR"):
        parse("test", {"training": {"image": image}})


def test_training_image_may_be_fixed_by_its_digest() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own/pytorch@sha256:" + "0" * 64
    assert image_parts(parse("test", {"training": {"image": image}}).training.image) == (
        "123456789012",
        "eu-west-1",
        "own/pytorch",
    )


def test_small_model_is_for_the_local_run_only() -> None:
    small = {"generation": {"model": "smollm2-135m"}}
    assert parse("mine", {**small, "bundle": False}).generation.model == "smollm2-135m"
    with pytest.raises(StageError, match="runs in the local run only"):
        parse("mine", small)
