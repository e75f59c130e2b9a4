"""Functions that a program creates run as those of the template do."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.local.conftest import unique, until
from tests.local.functions.conftest import code


def test_created_function_runs_and_its_code_can_be_updated(local, create):
    text = "import os\ndef handler(event, context):\n    return [event, os.environ['SAID'], os.getpid()]\n"
    client = local.client("lambda")
    name = create(text, Environment={"Variables": {"SAID": "hello"}})

    def answer() -> list:
        return json.load(client.invoke(FunctionName=name, Payload=b"1")["Payload"])

    first = answer()
    assert first[:2] == [1, "hello"] and answer() == first  # the worker is kept
    client.update_function_code(FunctionName=name, ZipFile=code("def handler(event, context): return 'new'"))
    assert answer() == "new"


def test_notification_of_a_bucket_invokes_a_created_function(local, create):
    s3, bucket, answers = local.client("s3"), unique("inbox"), unique("answers")
    copy = f"""import boto3
def handler(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    boto3.client("s3").put_object(Bucket="{answers}", Key=key, Body=b"seen")
"""
    name = create(copy, Timeout=30)
    for one in (bucket, answers):
        s3.create_bucket(Bucket=one)
    target = {
        "LambdaFunctionArn": local.account.arn("lambda", f"function:{name}"),
        "Events": ["s3:ObjectCreated:*"],
    }
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [target]}
    )
    s3.put_object(Bucket=bucket, Key="event.json", Body=b"{}")
    until(lambda: s3.list_objects_v2(Bucket=answers).get("KeyCount"), lambda count: count == 1)


def test_created_function_in_another_language_is_refused_by_name(local, create):
    client = local.client("lambda")
    name = create("", Runtime="nodejs22.x", Handler="index.handler")
    with pytest.raises(client.exceptions.InvalidRuntimeException, match=f"{name} is made of nodejs22.x"):
        client.invoke(FunctionName=name, Payload=b"{}")


def layer(client, modules: dict[str, str]) -> str:
    """The ARN of a new layer with texts by their paths."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in modules.items():
            archive.writestr(path, text)
    made = client.publish_layer_version(LayerName=unique("shared"), Content={"ZipFile": data.getvalue()})
    return str(made["LayerVersionArn"])


@pytest.mark.parametrize("folder", ["python", "python/lib/python3.12/site-packages"])
def test_layer_is_importable_and_the_code_of_the_function_has_precedence(local, create, folder):
    client = local.client("lambda")
    modules = {
        f"{folder}/shared.py": "SAID = 'from the layer'",
        f"{folder}/mine.py": "def handler(event, context): return 'the layer'",
    }
    name = create(
        "import shared\ndef handler(event, context): return shared.SAID", Layers=[layer(client, modules)]
    )
    assert json.load(client.invoke(FunctionName=name, Payload=b"{}")["Payload"]) == "from the layer"


def test_function_runs_again_without_the_layer_that_was_deleted(local, create):
    client = local.client("lambda")
    name, arn = create("def handler(event, context): return 1"), layer(client, {"python/shared.py": ""})
    assert json.load(client.invoke(FunctionName=name, Payload=b"{}")["Payload"]) == 1
    client.update_function_configuration(FunctionName=name, Layers=[arn])
    client.delete_layer_version(LayerName=arn.split(":")[6], VersionNumber=1)
    with pytest.raises(client.exceptions.InvalidRuntimeException, match="has a deleted layer"):
        client.invoke(FunctionName=name, Payload=b"{}")
    client.update_function_configuration(FunctionName=name, Layers=[])
    assert json.load(client.invoke(FunctionName=name, Payload=b"{}")["Payload"]) == 1
