"""Exit codes, errors with a remedy, and help."""

import json
import subprocess
import sys

import pytest

from cli.app import SECTIONS, commands
from tests.cli.conftest import Command
from tests.cli.service import FakeService


def test_help_lists_every_command_once(bare: Command) -> None:
    shown = bare("--help").out
    listed = [str(command.name) for group in SECTIONS.values() for command in group]
    assert sorted(listed) == sorted(commands())
    assert all(f"  {name} " in shown for name in listed)


@pytest.mark.parametrize(
    "name", sorted(set(commands()) - {"local", "snapshot", "smoke", "cost", "preflight", "console"})
)
def test_every_command_has_help_with_a_summary(name: str, bare: Command) -> None:
    result = bare(name, "--help")
    assert result.code == 0 and result.out.startswith(f"Usage: tastemaker {name}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["recomend"], "Did you mean 'recommend'"),
        (["recommend"], "Missing argument 'USER'"),
        (["recommend", "ann", "-n", "many"], "'many' is not a valid integer"),
        (["status", "--endpoint", "127.0.0.1"], "An endpoint looks like http://"),
        (["status", "--endpoint", "http://127.0.0.1:9"], "Start the service with `tastemaker local`"),
        (["status", "--stage", "dev", "--profile", "nobody"], "list-profiles"),
    ],
)
def test_bad_use_is_one_error_with_a_remedy_and_no_traceback(
    arguments: list[str], said: str, bare: Command
) -> None:
    result = bare(*arguments)
    assert result.code == 2 and result.out == ""
    assert result.err.startswith("Error: ") and said in result.err and "Traceback" not in result.err


def test_error_of_the_service_is_shown_with_its_own_text(command: Command) -> None:
    result = command("recommend", "ann", "--campaign", "nowhere")
    assert result.code == 2 and "There is no campaign 'nowhere'" in result.err


def test_names_with_control_characters_cannot_change_the_terminal(
    command: Command, service: FakeService
) -> None:
    service.answers["GetRecommendations"] = {"itemList": [{"itemId": "\x1b[2Jevil [red]x[/red]"}]}
    result = command("recommend", "ann")
    assert "[red]x[/red]" in result.out and "\x1b" not in result.out


def test_json_is_one_document_on_standard_output(command: Command, service: FakeService) -> None:
    service.answers["GetRecommendations"] = {"itemList": [{"itemId": "i1", "score": 0.5}]}
    result = command("recommend", "ann", "--json")
    assert json.loads(result.out)["itemList"] == [{"itemId": "i1", "score": 0.5}]


def test_module_runs_as_a_program_and_survives_a_reader_that_leaves() -> None:
    shown = subprocess.run(
        f"{sys.executable} -m cli --help | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith("Usage: tastemaker") and shown.stderr == ""


def test_help_cuts_no_summary_on_a_narrow_terminal(bare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    usage, _, rest = bare("--help").out.partition("\n")
    assert usage.startswith("Usage") and "..." not in rest
