"""Addresses of answers, in the table of resource records."""

import time

import boto3

from lambdas.declaring.addresses import AnswerAddresses
from tests.lambdas.aws import TABLE


def test_address_is_kept_until_it_is_forgotten_and_expires_after_two_hours(resources_table):
    dynamodb = boto3.client("dynamodb", "eu-west-1")
    addresses = AnswerAddresses(dynamodb, TABLE)
    assert addresses.find("r") is None
    addresses.keep("r", "https://bucket/answer?Signature=x")
    addresses.keep("other", "https://bucket/other")
    assert addresses.find("r") == "https://bucket/answer?Signature=x"
    [item] = [one for one in dynamodb.scan(TableName=TABLE)["Items"] if one["arn"]["S"].endswith("/r")]
    assert 7000 < int(item["expiresAt"]["N"]) - time.time() < 7300
    addresses.forget("r")
    assert (addresses.find("r"), addresses.find("other")) == (None, "https://bucket/other")
