"""A bucket's policy is stored, and does not judge requests (moto would, without its conditions)."""

import json


def test_bucket_policy_that_requires_tls_does_not_block_the_local_run(local) -> None:
    s3 = local.client("s3")
    s3.create_bucket(Bucket="strict")
    demand = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::strict", "arn:aws:s3:::strict/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="strict", Policy=json.dumps({"Version": "2012-10-17", "Statement": [demand]}))
    s3.put_object(Bucket="strict", Key="k", Body=b"x")
    assert s3.get_object(Bucket="strict", Key="k")["Body"].read() == b"x"
