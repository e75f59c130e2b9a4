"""Constructs: what they synthesize, and what fails at synthesis. The examples are synthesized once."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_personalize as personalize
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from tastemaker.contracts.metrics import OPERATIONS
from tastemaker_cdk import (
    BatchInference,
    Campaign,
    CampaignAlias,
    Dataset,
    DatasetGroup,
    Deployment,
    EventTracker,
    Filter,
    Schema,
    Solution,
    Source,
    UseTastemaker,
    VideoService,
    Wait,
)
from tests.standard_schemas import avro

EXAMPLES = ("shop", "video", "tenants")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The template of each example. cdk-nag's report is beside it."""
    from cdk_nag import AwsSolutionsChecks

    folder = tmp_path_factory.mktemp("examples")
    for name in EXAMPLES:
        app = import_module(f"examples.{name}.app").app(str(folder / name))
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))
        try:
            app.synth()
        except RuntimeError as error:  # findings fail the synthesis; a test reads them from the report
            assert "Validation failed" in str(error)
    return {name: folder / name / f"{name}.template.json" for name in EXAMPLES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_cdk_nag_has_no_findings_in_the_examples(examples: dict[str, Path], name: str) -> None:
    report = json.loads(examples[name].with_name("validation-report.json").read_text())
    found = {plugin["pluginName"]: plugin["violations"] for plugin in report["pluginReports"]}
    assert [one["ruleName"] for one in found["AwsSolutions"]] == []


def test_cfn_lint_has_no_findings_in_the_examples(examples: dict[str, Path]) -> None:
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [lint, "--ignore-checks", "W3005", "--format", "parseable", "--", *map(str, examples.values())]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def types(template: dict[str, Any]) -> dict[str, int]:
    found = [one["Type"] for one in template["Resources"].values() if one["Type"].startswith("Custom::")]
    return {name.removeprefix("Custom::Tastemaker"): found.count(name) for name in found}


def test_shop_is_a_whole_domain_in_ten_lines(examples: dict[str, Path]) -> None:
    template = json.loads(examples["shop"].read_text(encoding="utf-8"))
    assert types(template) == {
        "DatasetGroup": 1,
        "Schema": 2,
        "Dataset": 2,
        "DatasetImportJob": 2,
        "EventTracker": 1,
        "Recommender": 2,
    }
    schedules = [one for one in template["Resources"].values() if one["Type"] == "AWS::Scheduler::Schedule"]
    assert len(schedules) == 2
    text = json.dumps(schedules[0]["Properties"]["Target"]["Input"])
    assert "<aws.scheduler.scheduled-time>" in text and "create" in text


def test_refused_declaration_fails_at_synthesis_with_the_path_of_its_construct() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "films")
    group = DatasetGroup(stack, "Group")
    schema = Schema(stack, "Schema", avro=avro("Items"))
    items = Dataset(stack, "Items", group=group, schema=schema, type="Items")
    Filter(stack, "Cheap", group=group, expression="INCLUDE ItemID WHERE Items.PRIZE < 5", after=[items])
    Solution(stack, "Wrong", group=group, recipe="aws-no-such-recipe")
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    assert "[films/Cheap]" in str(caught.value) and "PRIZE" in str(caught.value)
    assert "[films/Wrong]" in str(caught.value) and "aws-no-such-recipe" in str(caught.value)


def test_grants_metrics_waits_and_batch_jobs() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "films")
    Deployment("tastemaker-dev", namespace="Dev", api_id="a1").use(stack)
    solution = Solution(
        stack,
        "Popular",
        group="arn:aws:personalize:eu-west-1:123456789012:dataset-group/g",
        recipe="aws-sims",
    )
    campaign = Campaign(stack, "Home", solution=solution, min_provisioned_tps=2)
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    campaign.grant_recommend(role)
    campaign.alarm_on_latency("Slow", milliseconds=200)
    Wait(stack, "Trained", resource=campaign, hours=2)
    data = s3.Bucket(stack, "Data")
    BatchInference(
        stack,
        "Nightly",
        solution=solution,
        input=Source(data, "users.json"),
        output=Source(data, "lists/"),
        schedule="rate(1 day)",
    )
    template = Template.from_stack(stack)
    template.has_resource_properties("Custom::TastemakerCampaign", {"MinProvisionedTPS": 2})
    template.resource_count_is("Custom::TastemakerWait", 3)
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"Namespace": "Dev", "MetricName": "GetRecommendationsLatency"}
    )
    text = json.dumps(template.to_json())
    assert ":function:tastemaker-dev-declaring" in text and ":a1/*/POST/recommendations" in text
    assert "personalize:GetRecommendations" in text


def test_metrics_of_a_campaign_are_those_that_the_functions_write() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "films")
    Deployment("tastemaker-dev", namespace="Dev").use(stack)
    campaign = Campaign(stack, "Home", version="arn:aws:personalize:eu-west-1:123456789012:solution/s/1")
    for operation, call in OPERATIONS.items():
        if operation not in ("GetRecommendations", "GetPersonalizedRanking"):
            continue
        metrics = (
            (campaign.metric_requests(operation), call.requests, "Sum"),
            (campaign.metric_errors(operation), call.server_errors, "Sum"),
            (campaign.metric_latency(operation), call.latency, "p99"),
        )
        for metric, name, statistic in metrics:
            assert (metric.namespace, metric.metric_name, metric.statistic) == ("Dev", name, statistic)
            assert metric.dimensions == {"CampaignArn": campaign.arn}


def test_alias_of_a_campaign_is_declared_by_its_reference_and_granted_by_its_own_arn() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "films")
    group = DatasetGroup(stack, "Group")
    schema = Schema(stack, "Schema", avro=avro())
    events = Dataset(stack, "Events", group=group, schema=schema, type="Interactions")
    campaigns = {
        color: Campaign(
            stack,
            color,
            solution=Solution(stack, f"{color}Solution", group=group, recipe=recipe, after=[events]),
        )
        for color, recipe in (("Blue", "aws-user-personalization-v2"), ("Green", "aws-popularity-count"))
    }
    home = CampaignAlias(stack, "Home", campaign=campaigns["Blue"], name="home")
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    home.grant_recommend(role)
    app.synth()
    template = Template.from_stack(stack)
    blue = stack.resolve(campaigns["Blue"].arn)
    template.has_resource_properties(
        "Custom::TastemakerCampaign", {"Name": "home", "SolutionVersionArn": blue}
    )
    policies = json.dumps(template.find_resources("AWS::IAM::Policy"))
    assert stack.resolve(home.arn)["Ref"] in policies and blue["Ref"] not in policies
    assert home.metric_requests().dimensions == {"CampaignArn": home.arn}


def test_alias_of_an_alias_fails_at_synthesis() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "films")
    group = DatasetGroup(stack, "Group")
    solution = Solution(stack, "Solution", group=group, recipe="aws-popularity-count")
    first = CampaignAlias(stack, "First", campaign=Campaign(stack, "Blue", solution=solution))
    CampaignAlias(stack, "Second", campaign=first)
    with pytest.raises(RuntimeError, match=r"\[films/Second\] .* is itself an alias"):
        app.synth()


def test_aspect_converts_the_types_of_amazon_personalize() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "films")
    group = personalize.CfnDatasetGroup(stack, "Group", name="films")
    cdk.CfnOutput(stack, "Arn", value=group.attr_dataset_group_arn)
    cdk.Aspects.of(app).add(UseTastemaker())
    template = Template.from_stack(stack).to_json()
    resource = template["Resources"]["Group"]
    assert resource["Type"] == "Custom::TastemakerDatasetGroup" and resource["Properties"]["Name"] == "films"
    assert "ServiceToken" in resource["Properties"]
    assert template["Outputs"]["Arn"]["Value"] == {"Fn::GetAtt": ["Group", "DatasetGroupArn"]}


def test_video_service_is_valid_and_its_tracker_can_be_used() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "video")
    data = s3.Bucket.from_bucket_name(stack, "Data", "films")
    service = VideoService(
        stack, "Films", interactions=Source(data, "interactions/"), items=Source(data, "items/")
    )
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    assert isinstance(service.tracker, EventTracker)
    service.tracker.grant_put_events(role)
    template = Template.from_stack(stack)
    template.resource_count_is("Custom::TastemakerRecommender", 5)


def test_campaign_needs_a_solution_or_a_version() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "films")
    with pytest.raises(ValueError, match="films/Home: give either solution or version"):
        Campaign(stack, "Home")
