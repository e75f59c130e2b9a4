"""The first steps and the last: access, storage, and deleting what the run created."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from deployment.smoke.context import CheckError, Context, check
from deployment.smoke.steps.declare import delete_stack

ROLE_PREFIX = "PersonalizeRole-"
BUCKET_ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation"]


def connect(context: Context) -> str:
    """All four services answer signed requests, and API Gateway refuses unsigned ones."""
    found = context.target.client("tastemaker").describe_deployment()["deployment"]
    check(found["stage"] == context.target.stage.name, f"the API is that of stage {found['stage']}")
    recipes = context.personalize.list_recipes()["recipes"]
    check(bool(recipes), "ListRecipes returned no recipe")
    for name, call in {
        "personalize-runtime": lambda: context.runtime.get_recommendations(
            campaignArn=_no_such_campaign(context), userId="nobody"
        ),
        "personalize-events": lambda: context.events.put_events(
            trackingId="no-such-tracker", sessionId="s", eventList=[{"eventType": "e", "sentAt": 1}]
        ),
    }.items():
        _expect_error(call, ("ResourceNotFoundException", "InvalidInputException"), name)
    if not context.target.is_local:
        check(_unsigned_status(context.target.api_url) == 403, "an unsigned request was not refused with 403")
    return f"version {found['version']} of stage {found['stage']} answers, with {len(recipes)} recipes"


def _no_such_campaign(context: Context) -> str:
    target = context.target
    scope = f"{target.partition}:personalize:{target.session.region_name}:{target.account}"
    return f"arn:{scope}:campaign/{context.run}-none"


def _expect_error(call: Callable[[], Any], codes: tuple[str, ...], service: str) -> None:
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        check(code in codes, f"{service} answered {code}, not {' or '.join(codes)}: {error}")
    else:
        check(False, f"{service} accepted a resource that does not exist")


def _unsigned_status(url: str) -> int:
    request = urllib.request.Request(url, data=b"{}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            body = json.loads(error.read() or b"{}")
        check("message" in {key.lower() for key in body}, f"the error of an unsigned request is {body}")
        return error.code


def storage(context: Context) -> str:
    """A bucket of the caller, and a role that may use it and that the deployment may assume."""
    target, s3 = context.target, context.target.client("s3")
    region = target.session.region_name
    bucket = f"tastemaker-{context.run}-{target.account}"
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    context.bucket = bucket
    if context.given_role:
        context.role = context.given_role
        return f"bucket {bucket}; role {context.role} was given"
    context.role = _create_role(context, bucket)
    return f"bucket {bucket} and role {context.role}"


def _create_role(context: Context, bucket: str) -> str:
    target, iam = context.target, context.target.client("iam")
    partition = target.partition
    service = {"Service": "personalize.amazonaws.com"}
    trust = [{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}]
    if target.role_trust:
        trust.append(json.loads(target.role_trust))
    name = ROLE_PREFIX + context.run
    role: str = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        Description="Smoke test of Tastemaker; delete it if no test runs",
    )["Role"]["Arn"]
    resources = [f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/*"]
    access = {"Effect": "Allow", "Action": BUCKET_ACTIONS, "Resource": resources}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="bucket",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [access]}),
    )
    return role


def machine_arn(context: Context, workflow: str) -> str:
    """The state machine of a workflow."""
    states, name = context.target.client("stepfunctions"), f"{context.target.stage.stack_name}-{workflow}"
    pages = states.get_paginator("list_state_machines").paginate()
    found = [one["stateMachineArn"] for page in pages for one in page["stateMachines"] if one["name"] == name]
    check(len(found) == 1, f"there is no state machine {name}")
    return str(found[0])


def cleanup(context: Context) -> str:
    """Delete what the run created, children first, and check that it is gone."""
    if not (context.group or context.schemas or context.bucket or context.role or context.stack):
        return "nothing was created"
    problems: list[str] = []

    def attempt(what: str, call: Callable[[], Any]) -> None:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "NoSuchEntity"):
                problems.append(f"{what}: {error}")
        except CheckError as error:
            problems.append(str(error))

    personalize = context.personalize
    if context.stack:
        attempt(context.stack, partial(delete_stack, context))
    if context.group:
        _delete_resources(context, attempt)
    for schema in context.schemas.values():
        attempt(schema, partial(personalize.delete_schema, schemaArn=schema))
    if context.bucket:
        attempt(context.bucket, lambda: _delete_bucket(context))
    if context.role and not context.given_role:
        attempt(context.role, lambda: _delete_role(context))
    check(not problems, "; ".join(problems))
    left = [
        group["datasetGroupArn"]
        for page in personalize.get_paginator("list_dataset_groups").paginate()
        for group in page["datasetGroups"]
        if group["name"] == context.run
    ]
    check(not left, f"{', '.join(left)} still exists")
    return "dataset group, schemas, bucket and role are gone"


def _delete_resources(context: Context, attempt: Callable[[str, Callable[[], Any]], None]) -> None:
    personalize, group = context.personalize, context.group
    for campaign in context.campaigns.values():
        attempt(campaign, partial(personalize.delete_campaign, campaignArn=campaign))
    for campaign in context.campaigns.values():
        _gone(context, "campaign", campaign)
    solutions = [
        one["solutionArn"]
        for page in personalize.get_paginator("list_solutions").paginate(datasetGroupArn=group)
        for one in page["solutions"]
    ]
    for solution in solutions:
        attempt(solution, partial(personalize.delete_solution, solutionArn=solution))
    for solution in solutions:
        _gone(context, "solution", solution)
    if context.attribution:
        arn = context.attribution
        attempt(arn, lambda: personalize.delete_metric_attribution(metricAttributionArn=arn))
        _gone(context, "metric_attribution", arn)
    if context.tracker:
        arn = context.tracker
        attempt(arn, lambda: personalize.delete_event_tracker(eventTrackerArn=arn))
        _gone(context, "event_tracker", arn)
    for dataset in context.datasets.values():
        attempt(dataset, partial(personalize.delete_dataset, datasetArn=dataset))
    for dataset in context.datasets.values():
        _gone(context, "dataset", dataset)
    attempt(group, lambda: personalize.delete_dataset_group(datasetGroupArn=group))
    _gone(context, "dataset_group", group)


def _gone(context: Context, operation: str, arn: str) -> None:
    """Wait until Describe answers that there is no such resource."""
    member = operation.split("_")[0] + "".join(part.capitalize() for part in operation.split("_")[1:])
    describe = getattr(context.personalize, f"describe_{operation}")

    def missing() -> bool:
        try:
            describe(**{f"{member}Arn": arn})
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return True
            raise
        return False

    context.until(missing, f"deletion of {arn.rpartition(':')[2]}")


def _delete_bucket(context: Context) -> None:
    s3 = context.target.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=context.bucket)
    for page in pages:
        if objects := [{"Key": one["Key"]} for one in page.get("Contents", ())]:
            s3.delete_objects(Bucket=context.bucket, Delete={"Objects": objects})
    s3.delete_bucket(Bucket=context.bucket)


def _delete_role(context: Context) -> None:
    iam, name = context.target.client("iam"), context.role.rpartition("/")[2]
    iam.delete_role_policy(RoleName=name, PolicyName="bucket")
    iam.delete_role(RoleName=name)
