"""Templates by type, and values that are known only when a stack is deployed."""

import pytest

from deployment.synthesis import Template, text_of
from infrastructure.stage import load


def test_resources_are_found_by_their_type() -> None:
    resources = {
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}},
        "Bare": {"Type": "AWS::S3::Bucket"},
        "Table": {"Type": "AWS::DynamoDB::Table"},
    }
    template = Template(load("dev"), {"Resources": resources})
    assert template.of_type("AWS::S3::Bucket") == {"Lake": {"BucketName": "lake"}, "Bare": {}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ({"Ref": "AWS::Region"}, "<AWS::Region>"),
        ({"Fn::GetAtt": ["Lake", "Arn"]}, "<Lake/Arn>"),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3"]]}, "arn:<AWS::Partition>:s3"),
    ],
)
def test_value_of_the_deployment_is_a_placeholder(value: object, text: str) -> None:
    assert text_of(value) == text
