"""What SECURITY.md and docs/security.md promise of a deployment is true of the template and of the code."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas.support.authorization import ALLOWED_SECONDS, DENIED_SECONDS
from local.iam.policy import matches
from tastemaker.errors import AccessDenied, ServiceUnavailable
from tastemaker.wire import Service
from tastemaker.wire.models import SERVICES
from tests.infrastructure.conftest import Template
from tests.infrastructure.parliament import lint

ROOT = Path(__file__).parents[2]
POLICY, PAGE = ((ROOT / name).read_text(encoding="utf-8") for name in ("SECURITY.md", "docs/security.md"))
SHIPPED = ("tastemaker", "lambdas", "training", "distributed")


def promise(text: str, page: str = POLICY) -> None:
    """The page says so: a sentence that is changed needs another test."""
    assert text in " ".join(page.split()), text


def test_there_is_no_anonymous_access(template: Template) -> None:
    promise("There is no anonymous access.")
    routes = template.of_type("AWS::ApiGatewayV2::Route").values()
    assert routes and {route["AuthorizationType"] for route in routes} == {"AWS_IAM"}
    assert not template.of_type("AWS::Lambda::Url")
    for permission in template.of_type("AWS::Lambda::Permission").values():
        assert permission["Principal"].endswith(".amazonaws.com") and "SourceArn" in permission, permission


def test_data_are_encrypted_and_the_lake_takes_tls_only(template: Template) -> None:
    promise("The lake bucket, the tables and the event stream are encrypted.")
    promise("The bucket accepts TLS only and blocks public access.")
    buckets = template.of_type("AWS::S3::Bucket")
    assert buckets
    for name, bucket in buckets.items():
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        denied = [statement["Condition"] for statement in _bucket_statements(template, name, "Deny")]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied, name
    assert all(stream["StreamEncryption"] for stream in template.of_type("AWS::Kinesis::Stream").values())
    # DynamoDB encrypts every table; what a template can choose is the key.
    for table in template.of_type("AWS::DynamoDB::Table").values():
        assert table.get("SSESpecification", {}).get("SSEEnabled", True) is True


def _bucket_statements(template: Template, bucket: str, effect: str) -> Iterator[dict[str, Any]]:
    for policy in template.of_type("AWS::S3::BucketPolicy").values():
        if policy["Bucket"] == {"Ref": bucket}:
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == effect:
                    yield statement


def test_each_function_and_state_machine_has_a_role_of_its_own(template: Template) -> None:
    promise("Each function, state machine and job has its own role")
    roles = Counter(
        json.dumps(properties["Role" if resource_type.endswith("Function") else "RoleArn"])
        for resource_type in ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")
        for properties in template.of_type(resource_type).values()
    )
    assert roles and set(roles.values()) == {1}


def test_no_shipped_code_unpickles() -> None:
    promise("The reader never unpickles data.")
    for path in [path for folder in SHIPPED for path in (ROOT / folder).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                assert not names & {"pickle", "shelve", "marshal", "dill", "joblib"}, path
            elif isinstance(node, ast.Call):
                options = {option.arg: ast.unparse(option.value) for option in node.keywords}
                assert options.get("allow_pickle", "False") == "False", path
                if ast.unparse(node.func) == "torch.load":
                    assert options.get("weights_only") == "True", path


def test_durations_and_errors_of_the_page_are_those_of_the_code() -> None:
    promise("5 minutes if it allows, 15 seconds if it does not", PAGE)
    assert (ALLOWED_SECONDS, DENIED_SECONDS) == (5 * 60, 15)
    promise("`ServiceUnavailableException` (503)", PAGE)
    promise("(HTTP 400 from `personalize`, 403 from the runtime and events APIs)", PAGE)
    for name in SERVICES[:3]:
        service = Service(name)
        statuses = service.error(AccessDenied("x")).status, service.error(ServiceUnavailable("x")).status
        assert statuses == (400 if name == "personalize" else 403, 503)


@pytest.mark.parametrize("number", range(4))
def test_policies_to_copy_are_valid(number: int) -> None:
    """Placeholders in capital letters become values of their form. A statement alone is a policy of one."""
    texts = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    assert len(texts) == 4
    text = texts[number].replace("ACCOUNT", "123456789012").replace("REGION", "eu-west-1")
    policy = json.loads(text.replace("API-ID", "abcdefghij").replace("…", ""))
    statements = policy.get("Statement", [policy])
    if "Principal" not in statements[0]:
        found = list(lint({"Version": "2012-10-17", "Statement": statements}))
        # The page says where an action has a resource here and none in Amazon Personalize.
        expected = ("RESOURCE_MISMATCH", "RESOURCE_STAR")  # recipes belong to nobody
        assert [one for one in found if one[0] not in expected] == []
    known = {f"personalize:{name}" for service in SERVICES for name in Service(service).operations}
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in (action for action in actions if action.startswith("personalize:")):
            assert any(matches(action, one) for one in known), action
