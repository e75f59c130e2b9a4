"""The four tables: resource records, user profiles, upserts, and precomputed recommendations."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infrastructure.encryption import stage_key
from infrastructure.stage import Stage

# Lists of resources by time of creation: all of a type, or the children of one.
INDEXES = {"by-kind": "kind", "by-parent": "parent"}
# Records whose work is in progress. Only they have the attribute.
IN_TRANSITION_INDEX = "by-moving"


class Tables(Construct):
    """On-demand tables with point-in-time recovery. The clients in `lambdas/stores` use these key names."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(scope, id)
        self._stage = stage
        # Records do not expire. Addresses for answers to CloudFormation do.
        self.resources = self._table("Resources", key="arn", expires="expiresAt")
        for name, attribute in INDEXES.items():
            self._index(name, attribute)
        self._index(IN_TRANSITION_INDEX, "moving")
        self.profiles = self._table("Profiles", key="profile", sort="event", expires="expiresAt")
        self.catalog = self._table("Catalog", key="dataset", sort="id", expires="expiresAt")
        self.recommendations = self._table("Recommendations", key="version", sort="key", expires="expiresAt")

    def _table(
        self, id: str, *, key: str, sort: str | None = None, expires: str | None = None
    ) -> dynamodb.Table:
        keeps, encryption = self._stage.keeps_data, stage_key(self)
        return dynamodb.Table(
            self,
            id,
            partition_key=_text(key),
            sort_key=_text(sort) if sort else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=expires,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if encryption else None,
            encryption_key=encryption,
            deletion_protection=keeps,
            removal_policy=cdk.RemovalPolicy.RETAIN if keeps else cdk.RemovalPolicy.DESTROY,
        )

    def _index(self, name: str, key: str) -> None:
        self.resources.add_global_secondary_index(
            index_name=name, partition_key=_text(key), sort_key=_text("createdAt")
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
