"""The fixtures, in the test suite of another project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local.tiny import resources, write_assembly

pytest_plugins = ("pytester",)
pytestmark = pytest.mark.slow  # starts pytest
ROOT = Path(__file__).parents[3]
CONFTEST = 'pytest_plugins = ["tastemaker.testing.plugin"]'
EMPTY_EACH_TIME = """
    import boto3
    import pytest

    @pytest.mark.parametrize("time", [1, 2])
    def test_creates_what_no_other_test_sees(tastemaker, time):
        s3 = boto3.client("s3")
        assert "mine" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        s3.create_bucket(Bucket="mine")
        s3.put_object(Bucket="mine", Key="a", Body=b"1")
        tastemaker.client("iam").create_user(UserName="ana")
        tastemaker.client("dynamodb").put_item(TableName="tiny-own", Item={"id": {"S": str(time)}})
        assert tastemaker.client("dynamodb").scan(TableName="tiny-own")["Count"] == 1
        assert tastemaker.client("lambda").invoke(FunctionName="tiny-echo", Payload=b"1")["StatusCode"] == 200
        assert tastemaker.flush() == 0
"""
NAMED = """
    import os

    def test_endpoint(tastemaker_run):
        assert tastemaker_run.endpoint == "http://127.0.0.1:9"

    def test_run_is_not_reset_and_programs_find_it(tastemaker):
        assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"), resources())


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Another project's folder, whose Python finds the clone."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TASTEMAKER_HOME", str(ROOT))
    pytester.makeconftest(CONFTEST)
    return pytester


def test_each_test_has_an_empty_service_that_boto3_finds(project: pytest.Pytester, assembly: Path) -> None:
    project.makeini(f"[pytest]\ntastemaker_arguments = --assembly {assembly}\n")
    project.makepyfile(EMPTY_EACH_TIME)
    project.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_run_at_an_endpoint_is_used_instead_of_a_new_one(project: pytest.Pytester) -> None:
    project.makepyfile(NAMED)
    result = project.runpytest_subprocess(
        "-p", "no:cacheprovider", "--tastemaker-endpoint=http://127.0.0.1:9/"
    )
    result.assert_outcomes(passed=2)


def test_fixtures_are_described(project: pytest.Pytester) -> None:
    project.makepyfile("def test_nothing(): pass")
    lines = project.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider").outlines
    shown = "\n".join(lines)
    assert "tastemaker_run [session scope]" in shown
    assert "The service without data" in shown
