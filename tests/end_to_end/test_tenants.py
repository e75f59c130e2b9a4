"""Two tenants of one deployment: IAM policies written for Personalize keep them apart."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
ARNS = f"arn:aws:personalize:us-east-1:{ACCOUNT}:"
FIELDS = [{"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"}]
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [*FIELDS, {"name": "TIMESTAMP", "type": "long"}],
        "version": "1.0",
    }
)
Client = Callable[[str], Any]


def tenant_policy(name: str) -> dict[str, Any]:
    """The policy of docs/security.md for a tenant whose resources begin with the name."""
    passed = {"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "personalize:*", "Resource": f"arn:aws:personalize:*:*:*/{name}-*"},
            {
                "Effect": "Allow",
                "Action": ["personalize:ListRecipes", "personalize:DescribeRecipe"],
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": f"arn:aws:iam::*:role/{name}-Personalize*",
                "Condition": passed,
            },
        ],
    }


@pytest.fixture(scope="module")
def iam(endpoint: str) -> Any:
    return boto3.client("iam", endpoint_url=endpoint)


@pytest.fixture(scope="module")
def tenants(endpoint: str, iam: Any) -> dict[str, Client]:
    """Two users, each with a policy for the resources whose names begin with the user's."""
    clients = {}
    for name in ("anna", "berta"):
        iam.create_user(UserName=name)
        iam.put_user_policy(
            UserName=name, PolicyName="personalize", PolicyDocument=json.dumps(tenant_policy(name))
        )
        clients[name] = client_of(endpoint, iam.create_access_key(UserName=name)["AccessKey"])
    return clients


def client_of(endpoint: str, keys: dict[str, str]) -> Client:
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"), region_name="us-east-1"
    )
    return lambda service: session.client(service, endpoint_url=endpoint)


@pytest.fixture(scope="module")
def shops(tenants: dict[str, Client]) -> dict[str, dict[str, str]]:
    """A dataset group, a schema, a dataset and a tracking ID that each tenant has created."""
    return {name: _shop(client("personalize"), name) for name, client in tenants.items()}


def _shop(personalize: Any, name: str) -> dict[str, str]:
    group = personalize.create_dataset_group(name=f"{name}-shop")["datasetGroupArn"]
    schema = personalize.create_schema(name=f"{name}-schema", schema=SCHEMA)["schemaArn"]
    dataset = personalize.create_dataset(
        name=f"{name}-events", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema
    )["datasetArn"]
    tracker = personalize.create_event_tracker(name=f"{name}-tracker", datasetGroupArn=group)
    return {
        "group": group,
        "schema": schema,
        "dataset": dataset,
        "tracker": tracker["eventTrackerArn"],
        "trackingId": tracker["trackingId"],
    }


def denied(call: Callable[..., Any], action: str, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException", error
    assert f"is not authorized to perform: {action} on resource: " in error["Message"]
    return str(error["Message"])


def put_event(client: Client, tracking_id: str) -> None:
    event = {"eventType": "watch", "itemId": "film", "sentAt": 1_700_000_000}
    client("personalize-events").put_events(
        trackingId=tracking_id, sessionId="s", userId="u", eventList=[event]
    )


def test_tenant_sees_and_changes_its_own_resources(tenants, shops) -> None:
    for name, client in tenants.items():
        personalize, shop = client("personalize"), shops[name]
        personalize.describe_dataset_group(datasetGroupArn=shop["group"])
        assert personalize.list_datasets(datasetGroupArn=shop["group"])["datasets"]
        personalize.describe_event_tracker(eventTrackerArn=shop["tracker"])
        assert personalize.list_recipes()["recipes"]
        put_event(client, shop["trackingId"])


def test_tenant_cannot_see_another_tenants_resources(tenants, shops) -> None:
    anna, theirs = tenants["anna"]("personalize"), shops["berta"]
    message = denied(
        anna.describe_dataset_group, "personalize:DescribeDatasetGroup", datasetGroupArn=theirs["group"]
    )
    assert message.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/anna is not authorized")
    denied(anna.describe_schema, "personalize:DescribeSchema", schemaArn=theirs["schema"])
    denied(anna.describe_event_tracker, "personalize:DescribeEventTracker", eventTrackerArn=theirs["tracker"])
    denied(anna.list_datasets, "personalize:ListDatasets", datasetGroupArn=theirs["group"])
    denied(anna.list_dataset_groups, "personalize:ListDatasetGroups")
    denied(anna.list_solutions, "personalize:ListSolutions")
    denied(anna.list_tags_for_resource, "personalize:ListTagsForResource", resourceArn=theirs["group"])


def test_tenant_cannot_change_or_use_another_tenants_resources(tenants, shops) -> None:
    client, theirs = tenants["anna"], shops["berta"]
    anna = client("personalize")
    denied(anna.delete_dataset_group, "personalize:DeleteDatasetGroup", datasetGroupArn=theirs["group"])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        put_event(client, theirs["trackingId"])
    campaign = f"{ARNS}campaign/berta-films"
    runtime = client("personalize-runtime")
    denied(runtime.get_recommendations, "personalize:GetRecommendations", campaignArn=campaign, userId="u")
    denied(
        anna.create_solution,
        "personalize:DescribeDatasetGroup",
        name="anna-copy",
        datasetGroupArn=theirs["group"],
        recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
    )
    denied(
        anna.create_dataset_export_job,
        "personalize:DescribeDataset",
        jobName="anna-theft",
        datasetArn=theirs["dataset"],
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/anna-Personalize",
        jobOutput={"s3DataDestination": {"path": "s3://anna-loot/"}},
    )


def test_tenant_cannot_pass_the_role_of_another(tenants, shops) -> None:
    anna, shop = tenants["anna"]("personalize"), shops["anna"]
    request = {
        "jobName": "anna-import",
        "datasetArn": shop["dataset"],
        "dataSource": {"dataLocation": "s3://x/"},
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/berta-Personalize"
    denied(anna.create_dataset_import_job, "iam:PassRole", **request, roleArn=role)
    with pytest.raises(ClientError, match="Cross-account pass role is not allowed"):
        anna.create_dataset_import_job(**request, roleArn="arn:aws:iam::999999999999:role/anna-Personalize")


def test_session_of_a_role_has_the_roles_policies_also_after_role_chaining(endpoint, iam, shops) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    for name, document in (("anna-role", tenant_policy("anna")), ("powerless", None)):
        iam.create_role(RoleName=name, Path="/teams/", AssumeRolePolicyDocument=json.dumps(trust))
        if document:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    group = shops["anna"]["group"]

    def assume(sts: Any, role: str, session: str) -> Client:
        arn = f"arn:aws:iam::{ACCOUNT}:role/teams/{role}"
        return client_of(endpoint, sts.assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"])

    first = assume(boto3.client("sts", endpoint_url=endpoint), "anna-role", "berta")
    first("personalize").describe_dataset_group(datasetGroupArn=group)
    denied(
        first("personalize").describe_dataset_group,
        "personalize:DescribeDatasetGroup",
        datasetGroupArn=shops["berta"]["group"],
    )
    chained = assume(first("sts"), "powerless", "anna-role")
    message = denied(
        chained("personalize").describe_dataset_group,
        "personalize:DescribeDatasetGroup",
        datasetGroupArn=group,
    )
    assert "assumed-role/powerless/anna-role" in message


def test_tags_separate_tenants_too(endpoint, iam) -> None:
    # https://docs.aws.amazon.com/personalize/latest/dg/tags-iam.html
    own = {"aws:ResourceTag/Owner": "${aws:username}"}
    statements = [
        {"Effect": "Allow", "Action": "personalize:*", "Resource": "*", "Condition": {"StringEquals": own}},
        {
            "Effect": "Allow",
            "Action": ["personalize:Create*", "personalize:TagResource"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/Owner": "${aws:username}"}},
        },
    ]
    clients = {}
    for name in ("carla", "dora"):
        iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="tags", PolicyDocument=document)
        keys = iam.create_access_key(UserName=name)["AccessKey"]
        clients[name] = client_of(endpoint, keys)("personalize")
    name = f"tagged-{uuid.uuid4().hex[:6]}"
    denied(clients["carla"].create_dataset_group, "personalize:CreateDatasetGroup", name=name)
    tags = [{"tagKey": "Owner", "tagValue": "carla"}]
    denied(clients["dora"].create_dataset_group, "personalize:CreateDatasetGroup", name=name, tags=tags)
    group = clients["carla"].create_dataset_group(name=name, tags=tags)["datasetGroupArn"]
    clients["carla"].describe_dataset_group(datasetGroupArn=group)
    denied(clients["dora"].describe_dataset_group, "personalize:DescribeDatasetGroup", datasetGroupArn=group)


def test_access_key_that_iam_does_not_know_is_the_owners(endpoint, shops) -> None:
    owner = boto3.client("personalize", endpoint_url=endpoint)
    names = {group["name"] for group in owner.list_dataset_groups()["datasetGroups"]}
    assert {"anna-shop", "berta-shop"} <= names
