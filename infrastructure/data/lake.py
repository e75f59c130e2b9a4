"""The lake: one bucket for datasets, events, training inputs and models, by dataset group."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.encryption import stage_key
from infrastructure.settings.data import LakeSettings
from infrastructure.stage import Stage
from tastemaker.contracts import lake_layout

PLAN_DAYS = 7
"""How long large members of plans are kept. A training that waits for spot instances takes days."""


class Lake(Construct):
    """A versioned, encrypted, private bucket that accepts only TLS, and the bucket of its access log."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(scope, id)
        keep = cdk.RemovalPolicy.RETAIN if stage.keeps_data else cdk.RemovalPolicy.DESTROY
        private: dict[str, Any] = {
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "enforce_ssl": True,
            "removal_policy": keep,
        }
        access_log = s3.Bucket(
            self,
            "AccessLog",
            lifecycle_rules=[
                _expiry("old access logs", None, stage.lake.access_log_days),
                _unfinished_uploads(),
            ],
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 does not write access logs with another key
            **private,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            **_encryption(stage_key(self)),
            versioned=True,
            server_access_logs_bucket=access_log,
            server_access_logs_prefix="lake/",
            lifecycle_rules=_lifecycle(stage.lake),
            **private,
        )

    def objects(self, pattern: str) -> str:
        """The ARN of the objects whose keys match `pattern`."""
        return self.bucket.arn_for_objects(pattern)


def _encryption(key: kms.IKey | None) -> dict[str, Any]:
    """How S3 encrypts objects. With a bucket key, it asks KMS once for many objects."""
    if key is None:
        return {"encryption": s3.BucketEncryption.S3_MANAGED}
    return {"encryption": s3.BucketEncryption.KMS, "encryption_key": key, "bucket_key_enabled": True}


def _lifecycle(settings: LakeSettings) -> list[s3.LifecycleRule]:
    """What S3 deletes, and what it moves to cheaper storage."""
    days = cdk.Duration.days
    cheaper = s3.Transition(
        storage_class=s3.StorageClass.INTELLIGENT_TIERING,
        transition_after=days(settings.cheaper_storage_days),
    )
    return [
        _unfinished_uploads(),
        s3.LifecycleRule(
            id="old versions",
            noncurrent_version_expiration=days(settings.old_versions_days),
            expired_object_delete_marker=True,
        ),
        s3.LifecycleRule(id="cold data", prefix=lake_layout.GROUPS, transitions=[cheaper]),
        _expiry("plans of executions", lake_layout.PLANS, PLAN_DAYS),
        _expiry("generated texts", lake_layout.TEXTS, settings.text_days),
        _expiry("failed events", lake_layout.FAILED_EVENTS, settings.failed_events_days),
        _expiry("failed batches", lake_layout.FAILED_BATCHES, settings.failed_events_days),
    ]


def _expiry(id: str, prefix: str | None, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id=id, prefix=prefix, expiration=cdk.Duration.days(days))


def _unfinished_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="unfinished uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(2)
    )
