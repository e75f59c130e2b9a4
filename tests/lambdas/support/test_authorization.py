"""Who may do what: IAM policies decide, for each operation and resource."""

import timeit
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.support.authorization import ALLOWED_SECONDS, DENIED_SECONDS, Authorizer
from lambdas.support.policy_simulation import PolicySimulation
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.errors import AccessDenied, ServiceUnavailable
from tests.lambdas.support.iam import ACCOUNT, SCOPE, FakeIam, allow, deny, request_of

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/shop/session"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/PersonalizeRole"
CAMPAIGN = SCOPE.arn("campaign/a-films")


class Account:
    """An account's policies and records, and calls of its API. `now` is the time in seconds."""

    def __init__(self, **policies: list[dict[str, Any]]) -> None:
        self.now = 1_700_000_000.0
        named = {"user/ann": policies.get("ann", []), "role/team/shop": policies.get("shop", [])}
        self.iam = FakeIam(named)
        self.records = MemoryRepository()
        simulation = PolicySimulation(self.iam, SCOPE, lambda: self.now)
        self.authorizer = Authorizer(SCOPE, simulation, self.records, lambda: self.now)

    def store(self, arn: str, *aliases: str, **body: Any) -> None:
        record = Record(arn, "Campaign", body, None, 1.0)
        self.records.create(record, aliases=dict.fromkeys(aliases, arn))

    def call(self, caller: str, operation: str, **params: Any) -> None:
        self.authorizer.check_of(request_of(caller))(operation, params)

    def refused(self, caller: str, operation: str, **params: Any) -> str:
        with pytest.raises(AccessDenied) as caught:
            self.call(caller, operation, **params)
        return str(caught.value)


def test_policy_on_a_resource_allows_that_resource_only() -> None:
    account = Account(ann=[allow("personalize:GetRecommendations", SCOPE.arn("campaign/a-*"))])
    account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    other = SCOPE.arn("campaign/b-films")
    assert account.refused(ANN, "GetRecommendations", campaignArn=other) == (
        f"User: {ANN} is not authorized to perform: personalize:GetRecommendations on resource: {other} "
        "because no identity-based policy allows the personalize:GetRecommendations action"
    )
    account.refused(ANN, "DescribeCampaign", campaignArn=CAMPAIGN)


def test_explicit_deny_wins_and_the_message_says_so() -> None:
    account = Account(ann=[allow("personalize:*"), deny("personalize:Delete*")])
    account.call(ANN, "DescribeCampaign", campaignArn=CAMPAIGN)
    message = account.refused(ANN, "DeleteCampaign", campaignArn=CAMPAIGN)
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_session_has_the_policies_of_its_role_whatever_path_the_role_has() -> None:
    account = Account(shop=[allow("personalize:GetRecommendations")])
    account.call(SESSION, "GetRecommendations", campaignArn=CAMPAIGN)
    assert account.iam.simulations[0][0] == f"arn:aws:iam::{ACCOUNT}:role/team/shop"
    assert SESSION in account.refused(SESSION, "ListRecipes")


@pytest.mark.parametrize(
    "caller",
    [
        f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/shop",  # the session's name is that of a role
        f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/x/shop",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/shop",
        f"arn:aws:sts::{ACCOUNT}:federated-user/ann",
        f"arn:aws:iam::{ACCOUNT}:role/team/shop",
        f"arn:aws:iam::{ACCOUNT}:user/ghost",
        "arn:aws:iam::999999999999:root",
        "arn:aws:iam::999999999999:user/ann",
        "arn:aws:sts::999999999999:assumed-role/shop/session",
        "anonymous",
        "",
    ],
)
def test_everyone_else_is_refused(caller: str) -> None:
    account = Account(ann=[allow("*")], shop=[allow("*")])
    account.refused(caller, "GetRecommendations", campaignArn=CAMPAIGN)


def test_request_without_an_identity_is_refused() -> None:
    with pytest.raises(AccessDenied, match="no IAM identity"):
        Account().authorizer.check_of({"requestContext": {"http": {}}})("ListRecipes", {})


def test_root_user_and_an_administrator_may_do_everything() -> None:
    account = Account(ann=[allow("*")])
    for caller in (f"arn:aws:iam::{ACCOUNT}:root", ANN):
        account.call(caller, "DeleteDatasetGroup", datasetGroupArn=SCOPE.arn("dataset-group/films"))
        account.call(caller, "CreateDatasetGroup", name="films", roleArn=ROLE)


@pytest.mark.parametrize("failure", ["Throttling", "ServiceFailure", "AccessDenied", "timeout"])
def test_if_iam_does_not_answer_nobody_is_served_and_the_failure_is_not_cached(failure: str) -> None:
    account = Account(ann=[allow("personalize:*")])
    account.iam.failure = failure
    with pytest.raises(ServiceUnavailable, match="IAM did not answer"):
        account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.iam.failure = None
    account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.iam.failure = failure
    account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)  # decided before
    account.now += ALLOWED_SECONDS + 1
    with pytest.raises(ServiceUnavailable):
        account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)


@pytest.mark.parametrize(
    "detail",
    [
        {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
        {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
        {"ResourceSpecificResults": [{"EvalResourceDecision": "implicitDeny"}]},
        {"ResourceSpecificResults": [{"EvalResourceDecision": "explicitDeny"}]},
    ],
)
def test_every_detail_of_a_simulation_must_allow(detail: dict[str, Any]) -> None:
    account = Account(ann=[allow("personalize:*")])
    account.iam.extra = detail
    account.refused(ANN, "GetRecommendations", campaignArn=CAMPAIGN)


def test_decisions_are_cached_and_a_granted_permission_works_soon() -> None:
    account = Account()
    account.refused(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.iam.policies["user/ann"] = [allow("personalize:*")]
    account.refused(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.now += DENIED_SECONDS + 1
    account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.iam.policies["user/ann"] = []
    account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.now += ALLOWED_SECONDS + 1
    account.refused(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    assert len(account.iam.simulations) == 3


def test_cached_decision_is_of_one_caller_one_action_and_one_resource() -> None:
    account = Account(ann=[allow("personalize:GetRecommendations", CAMPAIGN)])
    account.call(ANN, "GetRecommendations", campaignArn=CAMPAIGN)
    account.refused(SESSION, "GetRecommendations", campaignArn=CAMPAIGN)
    account.refused(ANN, "GetRecommendations", campaignArn=CAMPAIGN + "x")
    account.refused(ANN, "GetPersonalizedRanking", campaignArn=CAMPAIGN)


def test_cached_decision_costs_less_than_a_tenth_of_a_millisecond() -> None:
    account = Account(ann=[allow("personalize:*")])
    event = request_of(ANN)

    def ask() -> None:
        account.authorizer.check_of(event)("GetRecommendations", {"campaignArn": CAMPAIGN, "userId": "u"})

    ask()
    assert min(timeit.repeat(ask, number=100, repeat=5)) / 100 < 1e-4
    assert len(account.iam.simulations) == 1


def test_arn_that_iam_cannot_evaluate_is_denied_and_no_failure_of_iam() -> None:
    """An action of more than 128 characters, for example, which follows from an ARN of a nonsensical type."""
    account = Account(ann=[allow("personalize:*")])
    account.iam.failure = "ValidationError"
    account.refused(ANN, "GetRecommendations", campaignArn=SCOPE.arn(f"{'x' * 200}/a"))


def test_tags_of_a_resource_decide_as_in_the_guide_of_personalize() -> None:
    # https://docs.aws.amazon.com/personalize/latest/dg/tags-iam.html
    owned = allow("personalize:*", StringEqualsIgnoreCase={"aws:ResourceTag/Owner": "${aws:username}"})
    account = Account(ann=[owned])
    account.store(CAMPAIGN, _tags=[{"tagKey": "Owner", "tagValue": "Ann"}])
    account.store(SCOPE.arn("campaign/b"), _tags=[{"tagKey": "Owner", "tagValue": "bob"}])
    account.call(ANN, "DescribeCampaign", campaignArn=CAMPAIGN)
    account.refused(ANN, "DescribeCampaign", campaignArn=SCOPE.arn("campaign/b"))
    account.refused(ANN, "DescribeCampaign", campaignArn=SCOPE.arn("campaign/none"))


def test_tags_of_a_request_decide_what_can_be_created() -> None:
    own = allow("personalize:*", StringEquals={"aws:RequestTag/tenant": "${aws:PrincipalTag/tenant}"})
    account = Account(ann=[own])
    account.iam.tags["user/ann"] = {"tenant": "a"}
    account.call(ANN, "CreateDatasetGroup", name="x", tags=[{"tagKey": "tenant", "tagValue": "a"}])
    account.refused(ANN, "CreateDatasetGroup", name="x", tags=[{"tagKey": "tenant", "tagValue": "b"}])
    account.refused(ANN, "CreateDatasetGroup", name="x")


def test_conditions_on_the_address_of_the_caller_count() -> None:
    inside = allow("personalize:*", IpAddress={"aws:SourceIp": "192.0.2.0/24"})
    account = Account(ann=[inside])
    check = {"ListRecipes": {}}
    account.authorizer.check_of(request_of(ANN, sourceIp="192.0.2.9"))(*check.popitem())
    with pytest.raises(AccessDenied):
        account.authorizer.check_of(request_of(ANN, sourceIp="198.51.100.1"))("ListRecipes", {})


def test_events_belong_to_their_tracker_by_its_arn_its_name_or_its_tags() -> None:
    tracker, params = SCOPE.arn("event-tracker/12ab34cd"), {"trackingId": "id-1"}
    by = {
        "arn": allow("personalize:PutEvents", tracker),
        "name": allow("personalize:PutEvents", SCOPE.arn("event-tracker/a-*")),
        "tag": allow("personalize:PutEvents", StringEquals={"aws:ResourceTag/tenant": "a"}),
    }
    tags = [{"tagKey": "tenant", "tagValue": "a"}]
    for statement in by.values():
        account = Account(ann=[statement])
        account.store(tracker, "tracking-id/id-1", name="a-events", _tags=tags)
        account.store(SCOPE.arn("event-tracker/99999999"), "tracking-id/id-2", name="b-events")
        account.call(ANN, "PutEvents", **params)
        account.refused(ANN, "PutEvents", trackingId="id-2")
        account.refused(ANN, "PutEvents", trackingId="id-3")
    account = Account(ann=[allow("personalize:*"), deny("personalize:*", by["name"]["Resource"])])
    account.store(tracker, "tracking-id/id-1", name="a-events")
    account.refused(ANN, "PutEvents", **params)
    account.refused(ANN, "DescribeEventTracker", eventTrackerArn=tracker)


def _import(call: Callable[..., Any], role: str) -> Any:
    source = {"dataLocation": "s3://data/a.csv"}
    dataset = SCOPE.arn("dataset/films/ITEMS")
    return call(
        ANN, "CreateDatasetImportJob", jobName="j", datasetArn=dataset, dataSource=source, roleArn=role
    )


def test_role_works_only_for_callers_who_may_pass_it() -> None:
    passing = allow("iam:PassRole", ROLE, StringEquals={"iam:PassedToService": "personalize.amazonaws.com"})
    _import(Account(ann=[allow("personalize:*"), passing]).call, ROLE)
    to_others = allow("iam:PassRole", "*", StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})
    for policies in ([], [to_others], [passing, deny("iam:PassRole", ROLE)]):
        account = Account(ann=[allow("personalize:*"), *policies])
        assert f"iam:PassRole on resource: {ROLE}" in _import(account.refused, ROLE)


@pytest.mark.parametrize(
    "role",
    [
        "arn:aws:iam::999999999999:role/PersonalizeRole",
        "arn:aws:iam:eu-west-1:999999999999:role/PersonalizeRole",
        "arn:aws:iam::aws:role/PersonalizeRole",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/PersonalizeRole/x",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/personalize.amazonaws.com/AWSServiceRole",
        f"arn:aws:iam::{ACCOUNT}:user/ann",
        "PersonalizeRole",
    ],
)
def test_nobody_may_pass_a_role_that_is_not_one_of_the_account(role: str) -> None:
    account = Account(ann=[allow("*")])
    assert role in _import(account.refused, role)
    root = f"arn:aws:iam::{ACCOUNT}:root"
    with pytest.raises(AccessDenied):
        account.call(root, "CreateDatasetGroup", name="x", roleArn=role)


def test_campaign_cannot_be_built_on_the_solution_of_another_tenant() -> None:
    account = Account(ann=[allow("personalize:*", "arn:aws:personalize:*:*:*/a-*")])
    account.call(ANN, "CreateCampaign", name="a-x", solutionVersionArn=SCOPE.arn("solution/a-s/702e0792"))
    other = SCOPE.arn("solution/b-s/702e0792")
    message = account.refused(ANN, "CreateCampaign", name="a-x", solutionVersionArn=other)
    assert f"personalize:DescribeSolutionVersion on resource: {other}" in message


def test_update_of_everything_needs_no_describe_permission() -> None:
    """The CDK's `CallAwsService` writes such a policy for a state machine that updates a campaign."""
    account = Account(ann=[allow("personalize:UpdateCampaign")])
    version = SCOPE.arn("solution/b-s/702e0792")
    account.call(ANN, "UpdateCampaign", campaignArn=CAMPAIGN, solutionVersionArn=version)
    denied = Account(ann=[allow("personalize:UpdateCampaign"), deny("personalize:DescribeSolutionVersion")])
    denied.refused(ANN, "UpdateCampaign", campaignArn=CAMPAIGN, solutionVersionArn=version)


def test_role_with_one_action_on_everything_may_create() -> None:
    """The functions of public templates, such as those of automated retraining, have such roles."""
    imports = allow("personalize:CreateDatasetImportJob")
    request = {
        "jobName": "a-x",
        "datasetArn": SCOPE.arn("dataset/b-shop/INTERACTIONS"),
        "roleArn": "arn:aws:iam::123456789012:role/a",
    }
    Account(ann=[imports, allow("iam:PassRole")]).call(ANN, "CreateDatasetImportJob", **request)


@pytest.mark.parametrize(
    "statement",
    [
        allow("personalize:CreateDatasetImportJob", SCOPE.arn("*/a-*")),
        {
            **allow("personalize:CreateDatasetImportJob"),
            "Condition": {"StringEquals": {"aws:RequestTag/tenant": "a"}},
        },
    ],
)
def test_create_action_of_a_tenant_does_not_reach_the_data_of_another(statement) -> None:
    tags = allow("personalize:TagResource")
    other = SCOPE.arn("dataset/b-shop/INTERACTIONS")
    message = Account(ann=[statement, tags, allow("iam:PassRole")]).refused(
        ANN,
        "CreateDatasetImportJob",
        jobName="a-x",
        datasetArn=other,
        roleArn="arn:aws:iam::123456789012:role/a",
        tags=[{"tagKey": "tenant", "tagValue": "a"}],
    )
    assert f"personalize:DescribeDataset on resource: {other}" in message


@pytest.mark.parametrize(
    ("operation", "member", "resource", "describe"),
    [
        ("CreateDatasetExportJob", "datasetArn", "dataset/b-shop/INTERACTIONS", "DescribeDataset"),
        ("CreateDataDeletionJob", "datasetGroupArn", "dataset-group/b-shop", "DescribeDatasetGroup"),
    ],
)
def test_data_of_another_tenant_is_neither_exported_nor_deleted_by_an_action_on_everything(
    operation: str, member: str, resource: str, describe: str
) -> None:
    account = Account(ann=[allow(f"personalize:{operation}"), allow("iam:PassRole")])
    role, other = "arn:aws:iam::123456789012:role/a", SCOPE.arn(resource)
    message = account.refused(ANN, operation, **{"jobName": "a-x", "roleArn": role, member: other})
    assert f"personalize:{describe} on resource: {other}" in message
