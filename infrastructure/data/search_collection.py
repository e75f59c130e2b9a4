"""A serverless collection of OpenSearch for the search function: it bills by the hour, also while it is idle.

https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-overview.html
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchserverless as serverless
from constructs import Construct

from infrastructure.encryption import stage_key
from infrastructure.stage import Stage

MAX_NAME = 32
"""The longest name of a collection and of its policies."""
COLLECTION_ACTIONS = tuple(f"{verb}CollectionItems" for verb in ("Create", "Delete", "Update", "Describe"))
"""https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html"""
HOURLY_USD = 0.24
"""The price of a compute unit in us-east-1; the least is one, and two with replicas.

https://aws.amazon.com/opensearch-service/pricing/
"""
HOURS_PER_MONTH = 730
INDEX_ACTIONS = (
    *("CreateIndex", "DeleteIndex", "UpdateIndex", "DescribeIndex"),
    *("ReadDocument", "WriteDocument"),
)


class SearchCollection(Construct):
    """The collection and its policies: encryption, network, and who may use its data.

    Only `role` may use the data. The endpoint has a public address, because the function is in no VPC; each
    request is signed. OpenSearch Dashboards cannot be reached.

    The collection is deleted with the stack, also in a stage that keeps its data: it bills by the hour while
    nobody can search it, its fixed names would block the next deployment, and its documents are copies.
    """

    def __init__(self, scope: Construct, *, stage: Stage, role: iam.Role) -> None:
        super().__init__(scope, "Collection")
        self.name = stage.stack_name.lower()[:MAX_NAME]
        resource = f"collection/{self.name}"
        key = stage_key(self)
        encryption: dict[str, Any] = {"Rules": [{"ResourceType": "collection", "Resource": [resource]}]}
        encryption |= {"AWSOwnedKey": False, "KmsARN": key.key_arn} if key else {"AWSOwnedKey": True}
        network = {
            "Description": "Signed requests of the search function",
            "Rules": [{"ResourceType": "collection", "Resource": [resource]}],
            "AllowFromPublic": True,
        }
        before = [self._security("encryption", encryption), self._security("network", [network])]
        self.collection = serverless.CfnCollection(
            self,
            "Resource",
            name=self.name,
            type="SEARCH",
            description="Documents that searches find",
            # Replicas in a second zone double the price.
            standby_replicas="ENABLED" if stage.keeps_data else "DISABLED",
        )
        monthly = (2 if stage.keeps_data else 1) * HOURLY_USD * HOURS_PER_MONTH
        cdk.Annotations.of(self).add_warning_v2(
            "tastemaker:searchCollection",
            f"The collection costs about {monthly:.0f} USD a month in us-east-1, also "
            f"while nobody searches. `make cost STAGE={stage.name}` prints all costs.",
        )
        self.collection.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        for policy in before:
            self.collection.add_resource_dependency(policy)
        self._allow_data(role)

    @property
    def arn(self) -> str:
        """The ARN of the collection."""
        return self.collection.attr_arn

    @property
    def endpoint(self) -> str:
        """The address of the collection."""
        return self.collection.attr_collection_endpoint

    def _security(self, kind: str, policy: Any) -> serverless.CfnSecurityPolicy:
        made = serverless.CfnSecurityPolicy(
            self,
            f"{kind.capitalize()}Policy",
            name=self.name,
            type=kind,
            policy=cdk.Stack.of(self).to_json_string(policy),
        )
        made.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return made

    def _allow_data(self, role: iam.Role) -> None:
        rules = [
            _rule("collection", f"collection/{self.name}", COLLECTION_ACTIONS),
            _rule("index", f"index/{self.name}/*", INDEX_ACTIONS),
        ]
        policy = [{"Description": "The search function", "Rules": rules, "Principal": [role.role_arn]}]
        made = serverless.CfnAccessPolicy(
            self,
            "DataPolicy",
            name=self.name,
            type="data",
            policy=cdk.Stack.of(self).to_json_string(policy),
        )
        made.apply_removal_policy(cdk.RemovalPolicy.DESTROY)


def _rule(kind: str, resource: str, actions: tuple[str, ...]) -> dict[str, Any]:
    return {
        "ResourceType": kind,
        "Resource": [resource],
        "Permission": [f"aoss:{action}" for action in actions],
    }
