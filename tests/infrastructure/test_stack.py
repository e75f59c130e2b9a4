"""The synthesized templates: valid for CloudFormation and AwsSolutions, and with least privilege."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.runtime.deprecated_headers import EXPLAIN
from tastemaker.contracts.workflow_names import WORKFLOWS
from tastemaker.wire.models import service_model
from tests.infrastructure.conftest import Assembly, Template

# Actions that do not support resources: AWS accepts only "*" for them.
WITHOUT_RESOURCES = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
}
NAMES = {
    *("FunctionName", "StateMachineName", "LogGroupName", "AlarmName", "DashboardName", "TableName"),
    *("BucketName", "QueueName", "TopicName", "RoleName", "DeliveryStreamName", "RuleName", "ApiName"),
    *("AliasName", "GroupName", "ManagedPolicyName"),
}
# The names of these are unique within another resource.
WITHIN_ANOTHER = {"AWS::Scheduler::Schedule", "AWS::Lambda::Alias", "AWS::ApiGatewayV2::Authorizer"}
ENVIRONMENT = {
    "control": "RESOURCES_TABLE EVENT_BUS SCHEDULE_GROUP SCHEDULE_ROLE_ARN STEPS_FUNCTION QUOTAS DEPLOYMENT "
    "AUTHORIZATION LAKE_BUCKET IMPORT_ROLES AUTO_TRAINING_DELAY_MINUTES GENERATION_FUNCTION TEXT_GENERATION "
    + " ".join(row.machine_arn_variable.removeprefix("TASTEMAKER_") for row in WORKFLOWS.values()),
    "runtime": "RESOURCES_TABLE PROFILES_TABLE CATALOG_TABLE RECOMMENDATIONS_TABLE LAKE_BUCKET AUTHORIZATION",
    "events": "AUTHORIZATION RESOURCES_TABLE CATALOG_TABLE EVENT_STREAM",
    "events, direct": "AUTHORIZATION RESOURCES_TABLE CATALOG_TABLE DELIVERY_STREAM PROFILES_TABLE "
    "PROFILE_DAYS LAKE_BUCKET",
    "stream": "LAKE_BUCKET PROFILES_TABLE PROFILE_DAYS",
    "search": "AUTHORIZATION RESOURCES_TABLE PROFILES_TABLE CATALOG_TABLE RECOMMENDATIONS_TABLE "
    "SEARCH_DOMAIN SEARCH_LOG_DAYS",
    "steps": "RESOURCES_TABLE PROFILES_TABLE CATALOG_TABLE RECOMMENDATIONS_TABLE LAKE_BUCKET "
    "RUNTIME_FUNCTION RUNTIME_ENVIRONMENTS MODEL_DISK_MEGABYTES EVENT_BUS QUOTAS",
    "importing": "LAKE_BUCKET DATA_BUCKETS EXTERNAL_ID JOB_ROLES",
    "exporting": "CATALOG_TABLE LAKE_BUCKET DATA_BUCKETS EXTERNAL_ID JOB_ROLES",
    "deletion": "PROFILES_TABLE CATALOG_TABLE RECOMMENDATIONS_TABLE LAKE_BUCKET DATA_BUCKETS EXTERNAL_ID "
    "JOB_ROLES",
    "refreshing": "CATALOG_TABLE RECOMMENDATIONS_TABLE LAKE_BUCKET",
    "attribution": "CATALOG_TABLE LAKE_BUCKET DATA_BUCKETS EXTERNAL_ID JOB_ROLES ATTRIBUTION_NAMESPACE",
    "batch": "RESOURCES_TABLE PROFILES_TABLE CATALOG_TABLE RECOMMENDATIONS_TABLE LAKE_BUCKET DATA_BUCKETS "
    "EXTERNAL_ID JOB_ROLES TEXT_GENERATION",
    "declaring": "RESOURCES_TABLE EVENT_BUS SCHEDULE_GROUP SCHEDULE_ROLE_ARN QUOTAS LAKE_BUCKET IMPORT_ROLES "
    "AUTO_TRAINING_DELAY_MINUTES "
    + " ".join(row.machine_arn_variable.removeprefix("TASTEMAKER_") for row in WORKFLOWS.values()),
    "generation": "RESOURCES_TABLE PROFILES_TABLE CATALOG_TABLE LAKE_BUCKET TEXT_GENERATION",
}


WRITERS = {"FunctionsBatch", "FunctionsGeneration"}
"""The functions that write texts, by the logical ID of their role."""


def test_cfn_lint_has_no_findings(template: Template) -> None:
    # W3005: CDK writes dependencies that a GetAtt already implies.
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [lint, "--ignore-checks", "W3005", "--format", "parseable", "--", str(template.path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_aws_solutions_has_no_unaccepted_findings(assembly: Assembly) -> None:
    plugins = {plugin["pluginName"]: plugin["violations"] for plugin in assembly.report["pluginReports"]}
    assert [finding["ruleName"] for finding in plugins["AwsSolutions"]] == []


def test_actions_have_no_wildcards_and_resources_only_if_needed(template: Template) -> None:
    for role, statement in _statements(template):
        actions, resources = _list(statement["Action"]), _list(statement["Resource"])
        assert not [action for action in actions if "*" in action], role
        if "*" in resources:
            assert set(actions) <= WITHOUT_RESOURCES, role


def test_every_function_and_machine_has_its_own_role(template: Template) -> None:
    roles = [json.dumps(f["Role"]) for f in template.of_type("AWS::Lambda::Function").values()]
    roles += [json.dumps(m["RoleArn"]) for m in template.of_type("AWS::StepFunctions::StateMachine").values()]
    assert [role for role, uses in Counter(roles).items() if uses > 1] == []
    assert not [r for r in template.of_type("AWS::IAM::Role").values() if r.get("ManagedPolicyArns")]


def test_no_function_starts_mailings_and_one_starts_declarations(template: Template) -> None:
    actions = {"states:StartExecution", "states:StopExecution"}
    by_role = [
        (role.partition("Role")[0], json.dumps(statement["Resource"]))
        for role, statement in _statements(template)
        if role.startswith("Functions") and actions & set(_list(statement["Action"]))
    ]
    for name, expected in (
        ("train", {"control", "declaring"}),
        ("declare", {"declaring"}),
        ("mailing", set()),
    ):
        machine = f"-{name}"
        found = {role for role, on in by_role if f'{machine}"' in on or f"{machine}:*" in on}
        assert {role.removeprefix("Functions").lower() for role in found} == expected, name


def test_role_can_be_passed_only_to_its_service(template: Template) -> None:
    passing = [s for _, s in _statements(template) if "iam:PassRole" in _list(s["Action"])]
    services = {s["Condition"]["StringEquals"]["iam:PassedToService"] for s in passing}
    spark = {"emr-serverless.amazonaws.com"} if template.of_type("AWS::EMRServerless::Application") else set()
    assert services == {"scheduler.amazonaws.com", "sagemaker.amazonaws.com"} | spark


def test_jobs_assume_no_role_of_the_cdk_of_this_stack_or_of_aws_services(template: Template) -> None:
    assuming: dict[str, list[dict[str, Any]]] = {}
    for role, statement in _statements(template):
        if "sts:AssumeRole" in _list(statement["Action"]) and statement.get("Resource"):
            assuming.setdefault(role, []).append(statement)
    assert len(assuming) == (6 if template.of_type("AWS::EMRServerless::Application") else 5)
    for statements in assuming.values():
        denied = [s for s in statements if s["Effect"] == "Deny"]
        arns = [one["Fn::Join"][1][-1] for s in denied for one in _list(s["Resource"])]
        patterns = {arn.partition(":role/")[2] for arn in arns}
        own = next(p for p in patterns if p.startswith("tastemaker-"))
        assert patterns == {"cdk-*", "*/cdk-*", "aws-service-role/*", "aws-reserved/*", own}


def test_attribution_may_write_metrics_to_one_namespace(template: Template) -> None:
    putting = [s for _, s in _statements(template) if "cloudwatch:PutMetricData" in _list(s["Action"])]
    functions = template.of_type("AWS::Lambda::Function").values()
    (told,) = [f["Environment"]["Variables"] for f in functions if f["FunctionName"].endswith("-attribution")]
    namespace = told["TASTEMAKER_ATTRIBUTION_NAMESPACE"]
    assert {"StringEquals": {"cloudwatch:namespace": namespace}} in [s["Condition"] for s in putting]
    assert re.fullmatch(r"AWS/Personalize|tastemaker-(prod|lite)/MetricAttribution", namespace)


def test_functions_that_write_texts_may_invoke_the_model_of_the_stage_only(assembly: Assembly) -> None:
    assert not _bedrock(assembly.templates["local"], "nova")
    found = _bedrock(assembly.templates["prod"], "nova")
    assert {role.partition("Role")[0] for role, _ in found} == WRITERS
    for _, statement in found:
        assert statement["Action"] == "bedrock:InvokeModel"
        resource = json.dumps(statement["Resource"])
        profile = ":inference-profile/eu.amazon.nova-micro-v1:0"
        assert profile in resource or ":foundation-model/amazon.nova-micro-v1:0" in resource
        if profile not in resource:  # the regions of the profile, and through the profile only
            assert ":bedrock:*::" in resource
            assert profile in json.dumps(statement["Condition"]["ArnLike"]["bedrock:InferenceProfileArn"])


def test_bedrock_embeds_texts_only_in_a_stage_with_a_text_model(assembly: Assembly) -> None:
    for stage, template in assembly.templates.items():
        asking = [statement for _, statement in _bedrock(template, "titan")]
        told = '"TEXT_MODEL' in json.dumps(template.of_type("AWS::StepFunctions::StateMachine")).replace(
            "\\", ""
        )
        assert told == (stage == "prod") == bool(asking)
        for statement in asking:
            assert statement["Action"] == "bedrock:InvokeModel"
            model = ":bedrock:eu-central-1::foundation-model/amazon.titan-embed-text-v2:0"
            assert statement["Resource"]["Fn::Join"][1][-1] == model


def _bedrock(template: Template, model: str) -> list[tuple[str, dict[str, Any]]]:
    """The role and the statement of each permission on a model of Bedrock."""
    found = [(role, s) for role, s in _statements(template) if "bedrock" in json.dumps(s["Action"])]
    return [(role, statement) for role, statement in found if model in json.dumps(statement)]


def test_functions_have_the_expected_environment(template: Template) -> None:
    for properties in template.of_type("AWS::Lambda::Function").values():
        name = properties["FunctionName"].rsplit("-", 1)[1]
        variables = set(properties["Environment"]["Variables"])
        ours = {v.removeprefix("TASTEMAKER_") for v in variables if v.startswith("TASTEMAKER_")}
        spark = template.of_type("AWS::EMRServerless::Application") and name in ("steps", "importing")
        optional = {"DISTRIBUTED_BYTES"} if spark else set()
        if name == "search" and template.of_type("AWS::OpenSearchServerless::Collection"):
            optional |= {"SEARCH_ENDPOINT", "SEARCH_SERVICE"}
        elif name == "search" and _bedrock(template, "titan"):
            optional |= {"TEXT_EMBEDDINGS", "TEXT_EMBEDDINGS_REGION"}
        expected = f"{name}, direct" if name == "events" and not has_stream(template) else name
        assert optional <= ours and ours - optional == set(ENVIRONMENT[expected].split()), name
        assert properties["Handler"] == f"lambdas.{name}.handler.handle"
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])


def test_only_a_stage_with_tracing_sends_traces(assembly: Assembly) -> None:
    for stage, template in assembly.templates.items():
        traced = stage == "prod"  # as the fixture sets it
        functions = template.of_type("AWS::Lambda::Function").values()
        modes = {one.get("TracingConfig", {}).get("Mode", "PassThrough") for one in functions}
        assert modes == {"Active" if traced else "PassThrough"}
        machines = template.of_type("AWS::StepFunctions::StateMachine").values()
        assert {one.get("TracingConfiguration", {}).get("Enabled", False) for one in machines} == {traced}
        assert ("xray:" in json.dumps(template.of_type("AWS::IAM::Policy"))) == traced


def test_every_route_requires_a_signature(template: Template) -> None:
    routes = template.of_type("AWS::ApiGatewayV2::Route").values()
    assert {route["AuthorizationType"] for route in routes} == {"AWS_IAM"}
    assert sorted(route["RouteKey"] for route in routes) == [
        "DELETE /search",
        "DELETE /search/{proxy+}",
        "GET /search",
        "GET /search/{proxy+}",
        "HEAD /search",
        "HEAD /search/{proxy+}",
        "POST /",
        "POST /action-interactions",
        "POST /action-recommendations",
        "POST /actions",
        "POST /events",
        "POST /items",
        "POST /personalize-ranking",
        "POST /recommendations",
        "POST /search",
        "POST /search/{proxy+}",
        "POST /users",
        "PUT /search",
        "PUT /search/{proxy+}",
    ]


def test_browsers_may_use_all_methods_and_no_route_serves_their_questions(
    template: Template,
) -> None:
    """API Gateway answers them itself, unless a route serves OPTIONS, as one for any method does.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    routes = template.of_type("AWS::ApiGatewayV2::Route").values()
    methods = {route["RouteKey"].split(" ")[0] for route in routes if route["AuthorizationType"] != "NONE"}
    assert not methods & {"ANY", "OPTIONS", "$default"}
    (api,) = template.of_type("AWS::ApiGatewayV2::Api").values()
    assert set(api["CorsConfiguration"]["AllowMethods"]) == methods


def test_browsers_may_send_every_header_of_an_sdk(template: Template) -> None:
    """The headers are those that boto3 sends. Browsers set the others themselves."""
    (api,) = template.of_type("AWS::ApiGatewayV2::Api").values()
    sent: set[str] = set()
    client = boto3.client(
        "personalize",
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        aws_session_token="c",
    )

    def note(request: Any, **_: Any) -> None:
        sent.update(name.lower() for name in request.headers)
        raise InterruptedError

    client.meta.events.register("before-send.personalize", note)
    with pytest.raises(InterruptedError):
        client.list_recipes()
    assert sent - {"user-agent", "content-length"} <= set(api["CorsConfiguration"]["AllowHeaders"])
    assert {"authorization", "x-amz-target", "x-amz-security-token"} <= sent
    assert EXPLAIN in api["CorsConfiguration"]["AllowHeaders"]
    response = service_model("personalize-runtime").shape_for("GetRecommendationsResponse")
    assert response.members["source"].serialization["name"] in api["CorsConfiguration"]["ExposeHeaders"]
    assert api["CorsConfiguration"]["AllowOrigins"] == ["*"]
    assert "AllowCredentials" not in api["CorsConfiguration"]


def has_stream(template: Template) -> bool:
    return bool(template.of_type("AWS::Kinesis::Stream"))


def test_direct_transport_has_no_stream_and_nothing_that_reads_one(assembly: Assembly) -> None:
    template = assembly.templates["lite"]
    assert not has_stream(template)
    assert not template.of_type("AWS::Lambda::EventSourceMapping")
    names = {one["FunctionName"] for one in template.of_type("AWS::Lambda::Function").values()}
    assert names == {
        f"tastemaker-lite-{name}" for name in ENVIRONMENT if name not in ("stream", "events, direct")
    }
    assert "kinesis:" not in json.dumps(template.of_type("AWS::IAM::Policy"))
    assert not {"EventStream", "FailedBatches"} & template.body["Outputs"].keys()
    (delivery,) = template.of_type("AWS::KinesisFirehose::DeliveryStream").values()
    assert delivery["DeliveryStreamType"] == "DirectPut"
    assert delivery["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}


def test_only_the_events_function_may_send_events_to_the_delivery(assembly: Assembly) -> None:
    found = [
        (role, statement["Action"])
        for role, statement in _statements(assembly.templates["lite"])
        if "firehose:" in json.dumps(statement["Action"])
    ]
    ((role, action),) = found
    assert action == "firehose:PutRecordBatch" and role.startswith("FunctionsEvents")


def test_delivery_has_another_name_with_another_transport(assembly: Assembly) -> None:
    """A change of the transport replaces it, and CloudFormation creates the new one first."""
    stages = ("local", "lite")
    found = [assembly.templates[one].of_type("AWS::KinesisFirehose::DeliveryStream") for one in stages]
    names = [one["DeliveryStreamName"].split("-", 2)[2] for by_id in found for one in by_id.values()]
    assert names == ["events", "direct-events"]


def test_failing_record_does_not_block_the_stream(assembly: Assembly) -> None:
    (mapping,) = assembly.templates["prod"].of_type("AWS::Lambda::EventSourceMapping").values()
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] >= 1
    assert mapping["MaximumRecordAgeInSeconds"] >= 3600
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"]


def test_retention_of_logs_and_data_follows_the_stage(assembly: Assembly) -> None:
    days = {"local": 1, "prod": 180, "lite": 14}
    policy = {"local": "Delete", "prod": "Retain", "lite": "Delete"}
    for stage, template in assembly.templates.items():
        groups = template.of_type("AWS::Logs::LogGroup").values()
        assert {group["RetentionInDays"] for group in groups} == {days[stage]}
        data = [
            resource["DeletionPolicy"]
            for resource in template.body["Resources"].values()
            if resource["Type"] in ("AWS::S3::Bucket", "AWS::DynamoDB::Table")
        ]
        assert set(data) == {policy[stage]}, stage


def test_resources_have_the_tags_of_the_stage(assembly: Assembly) -> None:
    tables = assembly.templates["prod"].of_type("AWS::DynamoDB::Table")
    for table in tables.values():
        tags = {tag["Key"]: tag["Value"] for tag in table["Tags"]}
        assert tags == {"application": "tastemaker", "stage": "prod", "team": "shop"}


def test_cdk_adds_no_functions_of_its_own(template: Template) -> None:
    types = {resource["Type"] for resource in template.body["Resources"].values()}
    assert not [
        name for name in types if name.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
    ]
    names = {one["FunctionName"].split("-")[2] for one in template.of_type("AWS::Lambda::Function").values()}
    assert names <= set(ENVIRONMENT)


@pytest.mark.parametrize(
    ("function", "rate", "action"),
    [("Control", "rate(15 minutes)", "reconcile"), ("Deletion", "rate(1440 minutes)", "compact")],
)
def test_schedule_has_a_role_that_can_do_nothing_but_call_its_function(
    template: Template, function: str, rate: str, action: str
) -> None:
    schedules = template.of_type("AWS::Scheduler::Schedule").values()
    assert len(schedules) == 2
    (target,) = [
        one["Target"] for one in schedules if json.loads(one["Target"]["Input"]) == {"action": action}
    ]
    (schedule,) = [one for one in schedules if one["Target"] is target]
    assert schedule["ScheduleExpression"] == rate
    assert f"Functions{function}" in str(target["Arn"])
    role = target["RoleArn"]["Fn::GetAtt"][0]
    policies = template.of_type("AWS::IAM::Policy").values()
    (policy,) = [one for one in policies if one["Roles"] == [{"Ref": role}]]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", target["Arn"])


def test_outputs_have_the_addresses_and_the_environment(template: Template) -> None:
    outputs = template.body["Outputs"]
    assert {"ApiUrl", "Environment", "TrainMachine", "ImportMachine", "LakeBucket"} <= set(outputs)
    assert ("EventStream" in outputs) == has_stream(template)
    line = json.dumps(outputs["Environment"]["Value"])
    for service in ("PERSONALIZE", "PERSONALIZE_RUNTIME", "PERSONALIZE_EVENTS", "TASTEMAKER"):
        assert f"AWS_ENDPOINT_URL_{service}=" in line


def _statements(template: Template) -> list[tuple[str, dict[str, Any]]]:
    policies = template.of_type("AWS::IAM::Policy").items()
    return [(id, statement) for id, policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_failed_executions_reach_the_steps_function(template: Template) -> None:
    rules = template.of_type("AWS::Events::Rule").values()
    statuses = [status for rule in rules for status in rule["EventPattern"]["detail"]["status"]]
    assert sorted(statuses) == ["ABORTED", "FAILED", "TIMED_OUT"]
    machines = template.of_type("AWS::StepFunctions::StateMachine")
    for rule in rules:
        assert {ref["Ref"] for ref in rule["EventPattern"]["detail"]["stateMachineArn"]} == set(machines)
        assert "FunctionsSteps" in str(rule["Targets"])


def test_only_data_stays_when_a_stack_that_keeps_it_is_deleted(assembly: Assembly) -> None:
    def kept(template: Template) -> Counter[str]:
        resources = template.body["Resources"].values()
        return Counter(one["Type"] for one in resources if one.get("DeletionPolicy", "Delete") != "Delete")

    assert kept(assembly.templates["local"]) == {}
    assert kept(assembly.templates["prod"]) == {
        "AWS::S3::Bucket": 2,
        "AWS::DynamoDB::Table": 4,
        "AWS::KMS::Key": 1,
    }


def test_services_can_assume_roles_only_for_this_account(template: Template) -> None:
    """Lambda runs only functions of the role's own account, and AWS documents no condition for it."""
    for role in template.of_type("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] != {"Service": "lambda.amazonaws.com"}:
            account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
            assert account == {"Ref": "AWS::AccountId"}, statement["Principal"]


def test_names_of_two_stages_in_one_account_never_collide(template: Template) -> None:
    """Every name contains the name of the stack, as `dev` and `prod` in one account need it.

    Stage names have no hyphen and no underscore, so that no stack's name with what follows it begins with
    another's.
    """
    stack = template.path.name.removesuffix(".template.json")
    names = list(physical_names(template))
    spelled = stack.replace("-", "[-_]")  # a database of AWS Glue has no hyphens
    pattern = re.compile(rf"(^|[^a-z0-9]){spelled}([^a-z0-9]|$)")
    assert len(names) > 40
    assert [found for found in names if not pattern.search(found[1])] == []


def physical_names(template: Template) -> Iterator[tuple[str, str]]:
    """(type, name) of everything whose name must be unique in an account and region."""
    for resource in template.body["Resources"].values():
        resource_type = resource["Type"]
        properties = resource.get("Properties", {})
        for name, value in properties.items():
            named = name in NAMES or (name == "Name" and resource_type not in WITHIN_ANOTHER)
            if named and isinstance(value, str):  # anything else refers to another resource of the stack
                yield resource_type, value
        if resource_type == "AWS::Glue::Database":
            yield resource_type, properties["DatabaseInput"]["Name"]
    for output in template.body["Outputs"].values():
        if "Export" in output:
            yield "export", str(output["Export"]["Name"])


def test_batches_that_lambda_gives_up_keep_their_records(assembly: Assembly) -> None:
    template = assembly.templates["prod"]
    (mapping,) = template.of_type("AWS::Lambda::EventSourceMapping").values()
    bucket = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    assert bucket in template.of_type("AWS::S3::Bucket") and "AccessLog" not in bucket
    granted = [s for _, s in _statements(template) if "/aws/lambda/*" in json.dumps(s["Resource"])]
    assert [s["Action"] for s in granted] == ["s3:PutObject"]


def test_jobs_together_take_no_more_concurrency_than_the_stage_reserves(assembly: Assembly) -> None:
    def reserved(template: Template) -> dict[str, int]:
        functions = template.of_type("AWS::Lambda::Function").values()
        return {
            function["FunctionName"].rpartition("-")[2]: function["ReservedConcurrentExecutions"]
            for function in functions
            if "ReservedConcurrentExecutions" in function
        }

    assert reserved(assembly.templates["local"]) == {}
    assert reserved(assembly.templates["prod"]) == {"batch": 40, "deletion": 10}


def _machines_that_log_data(template: Template) -> set[str]:
    machines = template.of_type("AWS::StepFunctions::StateMachine").values()
    logging = {one["StateMachineName"]: one["LoggingConfiguration"] for one in machines}
    return {name for name, one in logging.items() if one["IncludeExecutionData"]}


def test_logs_of_state_machines_have_no_data(assembly: Assembly) -> None:
    """A plan or a result may name a user, and the reason of a failure may repeat a value of a row."""
    for stage in ("local", "prod"):
        assert _machines_that_log_data(assembly.templates[stage]) == set()


def test_debugging_logs_no_properties_of_users_stacks(assembly: Assembly) -> None:
    logged = _machines_that_log_data(assembly.templates["lite"])
    assert logged == {f"tastemaker-lite-{name}" for name in WORKFLOWS} - {"tastemaker-lite-declare"}


def test_training_image_has_an_exact_version(template: Template) -> None:
    (images,) = template.body["Mappings"].values()
    found = [image[kind] for image in images.values() for kind in ("cpu", "gpu")]
    assert all(re.search(r":\d+\.\d+\.\d+-(cpu|gpu)-py\d+$", image) for image in found)
