"""`python -m local.snapshot` as a person meets it."""

from __future__ import annotations

import pytest

from local.snapshot import main
from local.state.directory import FORMAT, Description, StateDirectory
from local.state.snapshot import load_snapshot


@pytest.fixture
def folder(tmp_path):
    description = Description(FORMAT, "local", "us-east-1", "123456789012", "tiny")
    StateDirectory(tmp_path / "state", description).close()
    return tmp_path / "state"


def test_snapshot_of_a_directory_is_written_and_the_next_command_is_named(folder, tmp_path, capsys):
    file = tmp_path / "shop.tar.gz"
    assert main([str(file), "--state", str(folder)]) == 0
    assert f"python -m local --seed {file}" in capsys.readouterr().out
    assert load_snapshot(file, tmp_path / "copy")


def test_directory_without_a_state_is_an_error(tmp_path, capsys):
    assert main([str(tmp_path / "shop.tar.gz"), "--state", str(tmp_path)]) == 1
    assert "does not describe a state" in capsys.readouterr().err
    assert not (tmp_path / "shop.tar.gz").exists()


def test_run_without_a_state_is_an_error_with_a_remedy(local, tmp_path, capsys):
    assert main([str(tmp_path / "shop.tar.gz"), "--endpoint", local.endpoint]) == 1
    assert "keeps no state, so there is nothing to write. Start it with" in capsys.readouterr().err


def test_endpoint_without_a_run_is_an_error_with_a_remedy(tmp_path, capsys):
    assert main([str(tmp_path / "shop.tar.gz"), "--endpoint", "http://127.0.0.1:9"]) == 1
    assert "no local run answers at http://127.0.0.1:9" in capsys.readouterr().err
