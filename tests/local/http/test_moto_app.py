"""moto behind the server: what clients of the services under it get."""

from __future__ import annotations

import io

import pytest


def test_objects_of_several_parts_and_odd_keys_are_stored_in_s3(local):
    s3 = local.client("s3")
    s3.create_bucket(Bucket="transfers")
    body = bytes(range(256)) * 40_000  # several parts
    s3.upload_fileobj(
        io.BytesIO(body), "transfers", "a key/ü+%.bin", ExtraArgs={"Metadata": {"with_underscore": "1"}}
    )
    head = s3.head_object(Bucket="transfers", Key="a key/ü+%.bin")
    assert head["ContentLength"] == len(body)
    assert head["Metadata"] == {"with_underscore": "1"}
    assert s3.get_object(Bucket="transfers", Key="a key/ü+%.bin")["Body"].read() == body
    ranged = s3.get_object(Bucket="transfers", Key="a key/ü+%.bin", Range="bytes=10-19")
    assert ranged["Body"].read() == body[10:20]


def test_identity_roles_and_parameters_are_available_to_programs(local):
    assert local.client("sts").get_caller_identity()["Account"] == local.account.id
    iam = local.client("iam")
    iam.create_role(RoleName="user-made", AssumeRolePolicyDocument='{"Statement": []}')
    managed = "arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess"
    iam.attach_role_policy(RoleName="user-made", PolicyArn=managed)
    attached = iam.list_attached_role_policies(RoleName="user-made")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [managed]
    local.client("ssm").put_parameter(Name="/a", Value="b", Type="String")
    assert local.client("ssm").get_parameter(Name="/a")["Parameter"]["Value"] == "b"


def test_operation_that_moto_lacks_is_named(local):
    client = local.client("sagemaker")
    with pytest.raises(
        client.exceptions.ClientError, match="moto, which plays sagemaker here, does not know"
    ) as refused:
        client.list_hubs()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_only_one_of_concurrent_conditional_writes_succeeds(local):
    from concurrent.futures import ThreadPoolExecutor

    client = local.client("dynamodb")

    def claim(number: int) -> int:
        try:
            client.put_item(
                TableName="tiny-other",
                Item={"id": {"S": "claimed"}, "by": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except client.exceptions.ConditionalCheckFailedException:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(16))) == 1
