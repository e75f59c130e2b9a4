"""Buckets and their policies."""

from __future__ import annotations

import json

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::S3::Bucket",
    handled="BucketName VersioningConfiguration BucketEncryption",
    ignored=NO_TAGS
    | {
        "OwnershipControls": "there are no other accounts",
        "PublicAccessBlockConfiguration": "the endpoint listens on 127.0.0.1 only",
        "LifecycleConfiguration": "rules take effect after days",
        "LoggingConfiguration": "moto writes no access logs",
    },
)
def bucket(resource: Resource, deployment: Deployment) -> Physical:
    """Create a bucket."""
    properties, s3 = resource.properties, deployment.client("s3")
    name = deployment.name(resource, properties.get("BucketName"), longest=63).lower()
    region = deployment.account.region
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    if versioning := properties.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    partition = deployment.account.partition
    for rule in properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", []):
        if key := rule.get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID"):
            deployment.keys[f"arn:{partition}:s3:::{name}"] = key
    return Physical(
        name,
        {
            "Arn": f"arn:{partition}:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        },
    )


@adapter("AWS::S3::BucketPolicy", handled="Bucket PolicyDocument", ignored={})
def bucket_policy(resource: Resource, deployment: Deployment) -> Physical:
    """Set the policy of a bucket."""
    properties = resource.properties
    deployment.client("s3").put_bucket_policy(
        Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"])
    )
    return Physical(properties["Bucket"])
