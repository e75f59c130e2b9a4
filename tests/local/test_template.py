"""CloudFormation's own language: references, functions, conditions, order."""

from __future__ import annotations

import pytest

from local.template import Physical, Template, TemplateError

PSEUDO = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


def template(**body):
    made = Template({"Resources": {"Bucket": {"Type": "T"}}} | body, stack="s", pseudo=PSEUDO)
    made.created("Bucket", Physical("name", {"Arn": "arn:b", "Nested.Attribute": "n"}))
    return made


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Bucket"}, "name"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "Size"}, "5"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:b"),
        ({"Fn::GetAtt": "Bucket.Nested.Attribute"}, "n"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Bucket"}, 1]]}, "a-name-1"),
        (
            {"Fn::Sub": "${Bucket}/${Bucket.Arn}/${AWS::Region}/${!Literal}"},
            "name/arn:b/eu-west-1/${Literal}",
        ),
        ({"Fn::Sub": ["${a}${Bucket}", {"a": {"Ref": "Size"}}]}, "5name"),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::FindInMap": ["Images", {"Ref": "AWS::Region"}, "cpu"]}, "image"),
        ({"Fn::If": ["Yes", "a", "b"]}, "a"),
        ({"Fn::If": ["No", "a", "b"]}, "b"),
        ({"Fn::Base64": "x"}, "eA=="),
        ({"Fn::ToJsonString": {"a": {"Ref": "Bucket"}}}, '{"a":"name"}'),
        (
            {"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Fn::If": ["No", 2, {"Ref": "AWS::NoValue"}]}]},
            {"b": [1]},
        ),
    ],
)
def test_intrinsic_functions_are_resolved(value, resolved):
    made = template(
        Parameters={"Size": {"Type": "Number", "Default": 5}},
        Mappings={"Images": {"eu-west-1": {"cpu": "image"}}},
        Conditions={
            "Yes": {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "1"]},
            "No": {"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Condition": "Yes"}]}]},
        },
    )
    assert made.resolve(value) == resolved


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Ref": "Nobody"}, "Ref to Nobody"),
        ({"Fn::GetAtt": ["Bucket", "Color"]}, "the local T has no attribute Color"),
        ({"Fn::ImportValue": "x"}, "No export named x found"),
        ({"Fn::Cidr": "x"}, "the function Fn::Cidr has no local counterpart"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "the mapping M has nothing"),
    ],
)
def test_value_that_cannot_be_resolved_is_named(value, message):
    with pytest.raises(TemplateError, match=message):
        template().resolve(value)


def test_resources_are_ordered_after_those_that_they_reference():
    made = template(
        Resources={
            "C": {"Type": "T", "Properties": {"x": {"Fn::Sub": "${B.Arn}"}}},
            "B": {"Type": "T", "DependsOn": "A"},
            "A": {"Type": "T", "Properties": {"x": [{"y": {"Ref": "Z"}}]}},
            "Z": {"Type": "T"},
        }
    )
    assert made.ordered() == ["Z", "A", "B", "C"]


def test_circular_reference_is_named():
    made = template(
        Resources={
            "A": {"Type": "T", "Properties": {"x": {"Ref": "B"}}},
            "B": {"Type": "T", "Properties": {"x": {"Ref": "A"}}},
        }
    )
    with pytest.raises(TemplateError, match="circle"):
        made.ordered()


def test_resource_whose_condition_is_false_is_left_out():
    made = Template(
        {
            "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
            "Resources": {"A": {"Type": "T", "Condition": "No"}, "C": {"Type": "T"}},
        },
        stack="s",
        pseudo=PSEUDO,
    )
    assert made.ordered() == ["C"]


def test_outputs_are_resolved():
    made = template(Outputs={"Name": {"Value": {"Ref": "Bucket"}}})
    assert made.outputs() == {"Name": "name"}
