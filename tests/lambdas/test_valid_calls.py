"""The check of calls of AWS in this folder's tests finds values that AWS refuses and moto accepts."""

from __future__ import annotations

import boto3

from tests.lambdas.aws import aws, lake_client

__all__ = ["aws", "lake_client"]


def test_value_outside_an_enumeration_is_found(lake_client, valid_calls: list[str]) -> None:
    lake_client.put_object(Bucket="lake", Key="k", Body=b"", ServerSideEncryption="AES-256")
    (found,) = valid_calls
    assert found.startswith("s3:PutObject.ServerSideEncryption: 'AES-256' is none of AES256, ")
    valid_calls.clear()


def test_text_that_is_too_long_is_found(aws, valid_calls: list[str]) -> None:
    client = boto3.client("scheduler")
    client.create_schedule_group(Name="g" * 64)
    assert valid_calls == []
    client.create_schedule_group(Name="g" * 65)
    assert valid_calls == ["scheduler:CreateScheduleGroup.Name: 65 is outside 1–64"]
    valid_calls.clear()
