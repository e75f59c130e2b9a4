"""What programs that wait for the run are told."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

from local.http.health import health, localstack_health


def test_localstack_route_names_the_services_as_running(local):
    with urllib.request.urlopen(f"{local.endpoint}/_localstack/health") as answer:
        body = json.load(answer)
    assert {"s3", "dynamodb", "stepfunctions", "personalize"} <= set(body["services"])
    assert set(body["services"].values()) == {"running"}
    assert isinstance(body["version"], str)


def test_starting_run_is_not_healthy_yet():
    for response in (health(ready=False, state=None), localstack_health(ready=False)):
        assert response.status == 503
    assert set(json.loads(localstack_health(ready=False).body)["services"].values()) == {"starting"}


def test_health_names_the_directory_of_the_state():
    assert json.loads(health(ready=True, state=Path("/data")).body) == {"status": "ready", "state": "/data"}


def test_localstack_route_is_for_this_machine_only(local):
    request = urllib.request.Request(
        f"{local.endpoint}/_localstack/health", headers={"Host": "rebound.example"}
    )
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        assert error.code == 403
        return
    raise AssertionError("the run answered for another host")
