"""What the adapters accept, ignore and refuse."""

from __future__ import annotations

import pytest

from local.account import Account
from local.assembly import Assembly
from local.iam.roles import Roles
from local.provision import ADAPTERS, IGNORED_TYPES, Deployment, ProvisionError, provision
from tests.local import tiny
from tests.local.conftest import unique


@pytest.fixture
def accepted(local, tmp_path):
    """Provision a template with these resources."""

    def create(**more):
        declared = {"FnRole": tiny.role("lambda.amazonaws.com"), **more}
        assembly = Assembly(tiny.write_assembly(tmp_path, declared))
        account = Account(local.endpoint, local.account.region)
        deployment = Deployment(account, unique("other"), assembly, Roles(account))
        provision(assembly.template(account.region, account.partition), deployment, lambda _: None)

    return create


@pytest.fixture
def refused(accepted):
    """Provision a template that is refused: the reason."""

    def reason(**more):
        with pytest.raises(ProvisionError) as error:
            accepted(**more)
        return str(error.value)

    return reason


def test_an_unknown_type_is_refused_by_name(refused):
    assert "AWS::Backup::BackupVault" in refused(Vault={"Type": "AWS::Backup::BackupVault"})


def test_a_stage_with_spark_is_refused_by_the_name_of_its_setting(refused):
    assert "distributed.enabled" in refused(Spark={"Type": "AWS::EMRServerless::Application"})


def test_an_unknown_property_is_refused_by_name(refused):
    reason = refused(Odd={"Type": "AWS::S3::Bucket", "Properties": {"ObjectLockEnabled": True}})
    assert "Odd (AWS::S3::Bucket)" in reason
    assert "ObjectLockEnabled" in reason


def test_a_property_inside_a_delivery_is_refused_too(refused):
    delivery = tiny.resources()["Delivery"]
    target = delivery["Properties"]["ExtendedS3DestinationConfiguration"] | {"S3BackupMode": "Enabled"}
    delivery = {
        "Type": delivery["Type"],
        "Properties": delivery["Properties"] | {"ExtendedS3DestinationConfiguration": target},
    }
    more = {name: tiny.resources()[name] for name in ("Lake", "Stream", "DeliveryRole")}
    assert "S3BackupMode" in refused(Delivery=delivery, **more)


def test_a_role_that_its_service_may_not_take(refused):
    wrong = tiny.function("any", "OtherRole")
    assert "does not trust lambda.amazonaws.com" in refused(
        Fn=wrong, OtherRole=tiny.role("states.amazonaws.com")
    )


def test_a_stream_that_the_functions_role_may_not_read(refused):
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": {"Ref": "Fn"},
            "EventSourceArn": tiny.get_att("Stream"),
            "StartingPosition": "LATEST",
        },
    }
    reason = refused(Fn=tiny.function("unread", "FnRole"), Stream=tiny.resources()["Stream"], Mapping=mapping)
    assert "do not allow kinesis:DescribeStream" in reason


def test_a_route_whose_function_does_not_let_api_gateway_call_it(refused):
    names = ("Api", "EchoIntegration", "RootRoute")
    more = {name: tiny.resources()[name] for name in names}
    assert "lets API Gateway call it" in refused(Echo=tiny.function("closed", "FnRole"), **more)


def test_a_rule_whose_function_does_not_let_eventbridge_call_it(refused):
    rule = tiny.resources()["Watched"]
    rule["Properties"]["EventPattern"].pop("detail")
    rule["Properties"]["Targets"][0]["Arn"] = tiny.get_att("Closed")
    assert "lets EventBridge call it" in refused(Closed=tiny.function("shut", "FnRole"), Watched=rule)


def test_a_rule_on_events_that_nobody_sends(refused):
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {"EventPattern": {"source": ["aws.s3"]}, "Targets": []},
    }
    assert "have events locally" in refused(Rule=rule)


def test_a_policy_with_a_condition_that_is_not_evaluated(refused):
    condition = {"BinaryEquals": {"aws:Key": "QmluYXJ5"}}
    role = tiny.role("lambda.amazonaws.com", tiny.allow("s3:*", on="*", when=condition))
    assert "BinaryEquals" in refused(Role=role)


def test_a_state_machine_that_the_interpreter_does_not_take(refused):
    states = {
        "Run": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
            "End": True,
        }
    }
    states["Run"]["Parameters"] = {}
    machine = tiny.machine("odd", "FlowRole", states)
    assert "createProcessingJob" in refused(FlowRole=tiny.role("states.amazonaws.com"), Machine=machine)


def test_everything_ignored_has_a_reason():
    for kind, adapter in ADAPTERS.items():
        assert all(len(reason) > 10 for reason in adapter.ignored.values()), kind
        assert not set(adapter.ignored) & set(adapter.handled), kind
    assert all(len(reason) > 10 for reason in IGNORED_TYPES.values())


def alarm_with_topic(**more):
    """An alarm that publishes to a topic, and further resources."""
    metric = {"Namespace": "tiny", "MetricName": "Errors", "Statistic": "Sum", "Period": 60}
    properties = {
        **metric,
        "Threshold": 0,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [{"Ref": "Topic"}],
    }
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}, "Alarm": alarm, **more}


def topic_policy(*statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    properties = {"Topics": [{"Ref": "Topic"}], "PolicyDocument": document}
    return {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}


DEMAND_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sns:Publish",
    "Resource": {"Ref": "Topic"},
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ALLOW_CLOUDWATCH = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudwatch.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": {"Ref": "Topic"},
    "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
}


def test_alarm_whose_topic_has_lost_its_default_policy_is_refused(refused):
    reason = refused(**alarm_with_topic(Policy=topic_policy(DEMAND_TLS)))
    assert "does not let cloudwatch.amazonaws.com publish" in reason


@pytest.mark.parametrize("statements", [None, [DEMAND_TLS, ALLOW_CLOUDWATCH]])
def test_alarm_with_the_default_or_a_sufficient_topic_policy_is_accepted(accepted, statements):
    accepted(**alarm_with_topic(**({"Policy": topic_policy(*statements)} if statements else {})))


def test_destination_that_the_functions_role_cannot_write_is_refused(refused):
    tiny_resources = tiny.resources()
    mapping = tiny_resources["Mapping"]
    mapping["Properties"]["DestinationConfig"]["OnFailure"]["Destination"] = tiny.get_att("Lake")
    names = ("Lake", "Stream", "DeadLetters", "Table", "ConsumeRole", "Consume")
    consume = tiny_resources["Consume"]["Properties"]
    consume["FunctionName"] = unique("consume")
    tiny_resources["Table"]["Properties"]["TableName"] = unique("table")
    reason = refused(Mapping=mapping, **{name: tiny_resources[name] for name in names})
    assert "do not allow s3:PutObject on arn:aws:s3:::" in reason
