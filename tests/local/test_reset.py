"""Back to what the template created."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from local import Local
from tests.local.tiny import STACK


def post(endpoint: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{endpoint}/_local/reset", method="POST")
    with urllib.request.urlopen(request) as answer:
        return dict(json.load(answer))


def test_reset_deletes_what_programs_created_and_keeps_what_the_template_created(assembly: Path) -> None:
    with Local(assembly=assembly) as run:

        def client(service: str) -> Any:
            session: Any = boto3.session.Session("local", "local", region_name="us-east-1")
            return session.client(service, endpoint_url=run.endpoint)

        def names() -> dict[str, list[str]]:
            return {
                "buckets": [one["Name"] for one in client("s3").list_buckets()["Buckets"]],
                "roles": [one["RoleName"] for one in client("iam").list_roles()["Roles"]],
                "users": [one["UserName"] for one in client("iam").list_users()["Users"]],
                "tables": client("dynamodb").list_tables()["TableNames"],
                "parameters": [one["Name"] for one in client("ssm").describe_parameters()["Parameters"]],
                "queues": client("sqs").list_queues().get("QueueUrls", []),
                "machines": [
                    one["name"] for one in client("stepfunctions").list_state_machines()["stateMachines"]
                ],
            }

        before = names()
        bucket = next(name for name in before["buckets"] if name.startswith("tiny-lake"))
        for name in ("mine", bucket):
            if name == "mine":
                client("s3").create_bucket(Bucket=name)
            client("s3").put_object(Bucket=name, Key="a", Body=b"1")
        client("iam").create_user(UserName="ana")
        client("iam").create_access_key(UserName="ana")
        client("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")
        client("ssm").put_parameter(Name="mine", Type="String", Value="1")
        client("sqs").create_queue(QueueName="mine")
        client("dynamodb").put_item(TableName="tiny-own", Item={"id": {"S": "1"}})
        machine = f"arn:aws:states:us-east-1:123456789012:stateMachine:{STACK}-greet"
        client("stepfunctions").start_execution(stateMachineArn=machine, name="mine", input="{}")
        assert names() != before
        assert post(run.endpoint) == {"status": "reset"}
        assert names() == before
        assert client("dynamodb").scan(TableName="tiny-own")["Count"] == 0
        assert client("s3").list_object_versions(Bucket=bucket).get("Versions", []) == []
        assert client("stepfunctions").list_executions(stateMachineArn=machine)["executions"] == []
        client("stepfunctions").start_execution(stateMachineArn=machine, name="mine", input="{}")
        answer = client("lambda").invoke(FunctionName="tiny-echo", Payload=b"1")
        assert "FunctionError" not in answer
