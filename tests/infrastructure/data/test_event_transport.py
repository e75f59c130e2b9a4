"""The capacity of the event stream is a setting, and stage `dev` pays for one shard only."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest

from infrastructure.data.event_transport import EventTransport
from infrastructure.data.lake import Lake
from infrastructure.stage import CDK_JSON, load, parse

CONTEXT = json.loads(CDK_JSON.read_text())["context"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
        (
            {"events": {"streamMode": "provisioned", "shards": 3}},
            {"StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": 3},
        ),
    ],
)
def test_stream_has_the_capacity_of_the_stage(settings, expected) -> None:
    stack = cdk.Stack(cdk.App(context=CONTEXT, analytics_reporting=False), "Throwaway")
    stage = parse("test", settings)
    EventTransport(stack, "Events", stage=stage, lake=Lake(stack, "Lake", stage=stage))
    template = cdk.Stage.of(stack).synth().get_stack_by_name("Throwaway").template
    (stream,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Kinesis::Stream"]
    assert expected.items() <= stream["Properties"].items()


def test_dev_has_one_shard() -> None:
    events = load("dev").events
    assert (events.stream_mode, events.shards) == ("provisioned", 1)
