import socket

import pytest

from console.__main__ import main, parser, target_of


@pytest.fixture(autouse=True)
def no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PERSONALIZE"):
        monkeypatch.delenv(name, raising=False)


def test_without_options_the_local_run_is_the_target() -> None:
    target = target_of(parser().parse_args([]))
    assert (target.endpoint, target.serves_aws) == ("http://127.0.0.1:4566", True)


def test_endpoint_that_is_not_local_serves_our_services_only() -> None:
    options = parser().parse_args(["--endpoint", "https://a1b2.execute-api.eu-west-1.amazonaws.com"])
    target = target_of(options)
    assert not target.serves_aws


def test_profile_without_a_stage_is_an_error_that_says_what_to_give(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    config = f"{tmp_path}/config"
    with open(config, "w") as file:  # noqa: PTH123
        file.write("[profile shop]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", config)
    assert main(["--profile", "shop"]) == 1
    assert "Give the --stage" in capsys.readouterr().err


def test_port_that_is_in_use_is_an_error_and_nothing_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--port", port]) == 1
    captured = capsys.readouterr()
    assert f"port {port}" in captured.err and "--port" in captured.err
    assert "ready" not in captured.out


def test_environment_names_the_endpoint_unless_a_stage_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4599")
    assert target_of(parser().parse_args([])).endpoint == "http://127.0.0.1:4599"
    given = target_of(parser().parse_args(["--endpoint", "http://127.0.0.1:4600"]))
    assert given.endpoint == "http://127.0.0.1:4600"
