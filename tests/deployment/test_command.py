"""What commands share: exit codes, errors with a remedy, tables and JSON."""

import io
import json

import pytest

from deployment.command import ERROR, FINDINGS, SUCCESS, CommandError, Console, main, parser, table
from infrastructure.settings.declaration import StageError


@pytest.fixture
def console() -> tuple[Console, io.StringIO, io.StringIO]:
    out, progress = io.StringIO(), io.StringIO()
    return Console(out, progress), out, progress


@pytest.mark.parametrize("code", [SUCCESS, FINDINGS])
def test_exit_code_is_that_of_the_command(code: int, console) -> None:
    assert main(parser("deployment.any", "Any."), lambda *_: code, [], console[0]) == code


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CommandError("There is no stack.", "Run make deploy."), ("There is no stack.", "Run make deploy.")),
        (StageError("no stage moon"), ("no stage moon", "cdk.json")),
        (KeyboardInterrupt(), ("interrupted", "Run it again")),
    ],
)
def test_error_is_reported_with_its_remedy_and_not_as_a_result(error, said, console) -> None:
    def fail(*_: object) -> int:
        raise error

    made, out, progress = console
    assert main(parser("deployment.any", "Any."), fail, [], made) == ERROR
    assert all(text in progress.getvalue() for text in said)
    assert out.getvalue() == ""


def test_result_as_json_is_one_document(console) -> None:
    made, out, _ = console
    made.json({"name": "Zürich"})
    assert json.loads(out.getvalue()) == {"name": "Zürich"} and "Zürich" in out.getvalue()


def test_columns_of_a_table_are_aligned() -> None:
    assert table([["a", "10"], ["long", "2"]], right=[1]) == "a     10\nlong   2"
    assert table([]) == ""
