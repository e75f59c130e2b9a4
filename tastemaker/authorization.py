"""Which IAM permissions an operation needs, in Personalize's vocabulary.

An operation needs `personalize:<Operation>` on its resource, as in the Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
The reference names no resource for lists, tags and streamed events. Here they have one where the request
names one, so that a policy can separate tenants. Policies that follow the reference have `"Resource": "*"`
there and keep working. In addition:

- A role in the request needs `iam:PassRole` for Personalize.
- Tags in a Create request need `personalize:TagResource`.
- Every other resource that a request of the control plane names needs its Describe permission, or the action
  of the request itself on that resource, as a policy with `"Resource": "*"` gives it. Otherwise a caller
  could build a campaign on the solution of another tenant. Roles of public templates have one action on `*`,
  which is enough in Amazon Personalize. An export of a dataset and a deletion of users always need the
  Describe permission.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.contracts.arns import AccountScope, name_of, segment_of, suffix_of

SERVICE_PRINCIPAL = "personalize.amazonaws.com"
TRACKING_ID = "tracking-id/"
"""The prefix of a resource that a request names by its tracking ID. The record has its ARN."""

Values = tuple[str, ...]


@dataclass(frozen=True)
class Permission:
    """An IAM action on a resource. `context` has the condition keys that only this request determines.

    Whoever is not allowed the action needs `instead` on the same resource, if there is such an action.
    """

    action: str
    resource: str = "*"
    context: tuple[tuple[str, Values], ...] = ()
    instead: str | None = None


# Operation → resource type segment, and the member with the name of the new resource.
_CREATED = {
    "CreateBatchInferenceJob": ("batch-inference-job", "jobName"),
    "CreateBatchSegmentJob": ("batch-segment-job", "jobName"),
    "CreateCampaign": ("campaign", "name"),
    "CreateDataDeletionJob": ("data-deletion-job", "jobName"),
    "CreateDatasetExportJob": ("dataset-export-job", "jobName"),
    "CreateDatasetGroup": ("dataset-group", "name"),
    "CreateDatasetImportJob": ("dataset-import-job", "jobName"),
    "CreateEventTracker": ("event-tracker", "name"),
    "CreateFilter": ("filter", "name"),
    "CreateMetricAttribution": ("metric-attribution", "name"),
    "CreateRecommender": ("recommender", "name"),
    "CreateSchema": ("schema", "name"),
    "CreateSolution": ("solution", "name"),
}
# Operations whose resource is not named as the operation is.
_MEMBERS = {
    "CreateSolutionVersion": ("solutionArn",),
    "GetSolutionMetrics": ("solutionVersionArn",),
    "StopSolutionVersionCreation": ("solutionVersionArn",),
    "TagResource": ("resourceArn",),
    "UntagResource": ("resourceArn",),
    "ListTagsForResource": ("resourceArn",),
    "GetRecommendations": ("campaignArn", "recommenderArn"),
    "GetPersonalizedRanking": ("campaignArn",),
    "GetActionRecommendations": ("campaignArn",),
    "GenerateMessage": ("campaignArn", "recommenderArn"),
    "ExplainRecommendations": ("campaignArn", "recommenderArn"),
    "SummarizeItem": ("campaignArn", "recommenderArn"),
    "DescribeTaste": ("campaignArn", "recommenderArn"),
    "FindItems": ("campaignArn", "recommenderArn"),
    "FindUsers": ("campaignArn", "recommenderArn"),
    "DescribeUser": ("campaignArn", "recommenderArn"),
    "DescribeModel": ("solutionVersionArn", "campaignArn", "recommenderArn"),
    "GetDataInsights": ("campaignArn", "recommenderArn"),
    "PutItems": ("datasetArn",),
    "PutUsers": ("datasetArn",),
    "PutActions": ("datasetArn",),
}
_ALWAYS_DESCRIBED = frozenset({"CreateDatasetExportJob", "CreateDataDeletionJob"})
_TRACKED = ("PutEvents", "PutActionInteractions")
# Operations of personalize-runtime and personalize-events. Serving ensures that filters belong to the
# dataset group of the campaign.
_DATA_PLANE = (
    *("GetRecommendations", "GetPersonalizedRanking", "GetActionRecommendations"),
    *("PutItems", "PutUsers", "PutActions", *_TRACKED),
)
OPEN_OPERATIONS = frozenset({"DescribeDeployment", "EstimateTextCost"})
"""Operations of the service `tastemaker` that every authenticated caller may use."""
_AS_RECOMMENDATIONS = frozenset(
    {"DescribeTaste", "ExplainRecommendations", "FindItems", "GenerateMessage", "SummarizeItem"}
)
"""Operations of the service `tastemaker` that need the permission `personalize:GetRecommendations`.

They show what a caller with that permission can find out, and IAM has no actions of their own.
"""
_SHOWS_USERS = frozenset({"DescribeUser", "FindUsers"})
"""Operations of the service `tastemaker` that show data about users.

They need `personalize:GetRecommendations` and the Describe permission of the campaign or recommender. So a
program that may only ask for recommendations cannot read what users did.
"""
_SHOWS_MODELS = frozenset({"DescribeModel", "GetDataInsights"})
"""Operations of the service `tastemaker` that need the Describe permission of what has the model."""


def required_permissions(
    operation: str, params: Mapping[str, Any], scope: AccountScope
) -> Iterator[Permission]:
    """All permissions that a request with validated parameters needs."""
    if operation in OPEN_OPERATIONS:
        return
    targets = _targets(operation, params, scope)
    if operation in _AS_RECOMMENDATIONS | _SHOWS_USERS | _SHOWS_MODELS:
        yield from _own_permissions(operation, targets)
        return
    context = _tag_context(params)
    for target in targets:
        yield Permission(f"personalize:{operation}", target, context)
        if operation.startswith("Create") and params.get("tags"):
            yield Permission("personalize:TagResource", target, context)
    if operation in _DATA_PLANE:
        return
    for role in sorted(set(roles_of(params))):
        yield Permission("iam:PassRole", role, (("iam:PassedToService", (SERVICE_PRINCIPAL,)),))
    for arn in sorted(set(_references(params))):
        if arn not in targets:
            instead = None if operation in _ALWAYS_DESCRIBED else f"personalize:{operation}"
            yield Permission(describe_action(arn), arn, instead=instead)


def _own_permissions(operation: str, targets: Iterable[str]) -> Iterator[Permission]:
    """The permissions of an operation of the service `tastemaker`, for which IAM has no action."""
    for target in targets:
        if operation not in _AS_RECOMMENDATIONS and target != "*":
            yield Permission(describe_action(target), target)
        if operation not in _SHOWS_MODELS:
            yield Permission("personalize:GetRecommendations", target)


def roles_of(value: Any) -> Iterator[str]:
    """The roles that the members `roleArn` of a request name, at any depth."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == "roleArn" and isinstance(member, str):
                yield member
            else:
                yield from roles_of(member)
    elif isinstance(value, list):
        for item in value:
            yield from roles_of(item)


def describe_action(arn: str) -> str:
    """The action that shows a resource: `personalize:DescribeCampaign`."""
    words = segment_of(arn).split("-")
    version = "Version" if words == ["solution"] and "/" in name_of(arn) else ""
    return f"personalize:Describe{''.join(word.capitalize() for word in words)}{version}"


def _targets(operation: str, params: Mapping[str, Any], scope: AccountScope) -> tuple[str, ...]:
    """The resources that the operation acts on; `*` if the request names none."""
    if operation in _CREATED:
        segment, member = _CREATED[operation]
        return (scope.arn(f"{segment}/{params[member]}"),)
    if operation == "CreateDataset":
        group = name_of(params["datasetGroupArn"])
        return (scope.arn(f"dataset/{group}/{params['datasetType'].upper()}"),)
    if operation in _TRACKED:
        return (f"{TRACKING_ID}{params['trackingId']}",)
    members = _MEMBERS.get(operation) or _own_members(operation, params)
    return tuple(params[member] for member in members if params.get(member)) or ("*",)


def _own_members(operation: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """The member with the ARN: that of the parent in a list, else that which is named as the operation."""
    if operation.startswith("List"):
        return tuple(name for name in params if name.endswith("Arn"))
    noun = operation.removeprefix(_verb(operation))
    return (f"{noun[:1].lower()}{noun[1:]}Arn",)


def _verb(operation: str) -> str:
    end = next((at for at, letter in enumerate(operation) if at and letter.isupper()), len(operation))
    return operation[:end]


def _tag_context(params: Mapping[str, Any]) -> tuple[tuple[str, Values], ...]:
    """The condition keys of the tags in a request: `aws:RequestTag/<key>` and `aws:TagKeys`."""
    tags = params.get("tags") or ()
    keys = params.get("tagKeys") or [tag["tagKey"] for tag in tags]
    if not keys:
        return ()
    values = [(f"aws:RequestTag/{tag['tagKey']}", (str(tag["tagValue"]),)) for tag in tags]
    return (*sorted(values), ("aws:TagKeys", tuple(sorted(keys))))


def _references(value: Any) -> Iterator[str]:
    """The Personalize ARNs in a request, except those of recipes and the like, which belong to no account."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name not in ("tags", "tagKeys"):
                yield from _references(member)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, str) and value.startswith("arn:"):
        parts = value.split(":", 5)
        if len(parts) == 6 and parts[2] == "personalize" and parts[4] and suffix_of(value):
            yield value.removesuffix("/$LATEST")
