"""The container file starts the local run."""

import json

from local.__main__ import parser
from local.http.router import CONTROL_PREFIX
from tests.house.test_container import last_stage


def test_image_starts_a_command_that_the_local_run_understands() -> None:
    stage = last_stage()
    command = json.loads(stage["ENTRYPOINT"])
    assert command[:3] == ["python", "-m", "local"]
    options = parser().parse_args(command[3:] + json.loads(stage["CMD"]))
    assert options.port == int(stage["EXPOSE"])
    assert str(options.state) == stage["VOLUME"]
    assert options.listen == "0.0.0.0"


def test_health_check_asks_the_run_at_its_port() -> None:
    stage = last_stage()
    assert f"http://127.0.0.1:{stage['EXPOSE']}{CONTROL_PREFIX}health" in stage["HEALTHCHECK"]
