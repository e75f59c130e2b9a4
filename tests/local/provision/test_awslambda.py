"""Functions and event source mappings."""

from __future__ import annotations

from tests.local import tiny
from tests.local.conftest import unique


def test_mapping_whose_function_may_not_read_the_stream_is_refused(refused):
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": {"Ref": "Fn"},
            "EventSourceArn": tiny.get_att("Stream"),
            "StartingPosition": "LATEST",
        },
    }
    reason = refused(Fn=tiny.function("unread", "FnRole"), Stream=tiny.resources()["Stream"], Mapping=mapping)
    assert "do not allow kinesis:DescribeStream" in reason


def test_destination_that_the_functions_role_cannot_write_is_refused(refused):
    tiny_resources = tiny.resources()
    mapping = tiny_resources["Mapping"]
    mapping["Properties"]["DestinationConfig"]["OnFailure"]["Destination"] = tiny.get_att("Lake")
    names = ("Lake", "Stream", "DeadLetters", "Table", "ConsumeRole", "Consume")
    consume = tiny_resources["Consume"]["Properties"]
    consume["FunctionName"] = unique("consume")
    tiny_resources["Table"]["Properties"]["TableName"] = unique("table")
    reason = refused(Mapping=mapping, **{name: tiny_resources[name] for name in names})
    assert "do not allow s3:PutObject on arn:aws:s3:::" in reason
