"""Commands that need a checkout find it, or say what they need."""

import shutil
from pathlib import Path

import pytest

from cli import checkout
from cli.errors import CommandError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as pip installs it: not in a checkout."""
    place = tmp_path / "site-packages" / "cli"
    shutil.copytree(ROOT / "cli", place)
    monkeypatch.setattr(checkout, "__file__", str(place / "checkout.py"))
    monkeypatch.delenv("TASTEMAKER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_package_of_a_checkout_finds_it() -> None:
    assert checkout.folder() == ROOT


def test_installed_package_without_a_checkout_says_what_it_needs(installed: Path) -> None:
    with pytest.raises(CommandError) as raised:
        checkout.folder()
    assert "TASTEMAKER_HOME" in raised.value.remedy and "--endpoint" in raised.value.remedy


def test_installed_package_finds_the_checkout_around_the_working_directory(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "docs")
    assert checkout.folder() == ROOT


def test_home_that_is_no_checkout_is_refused(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_HOME", str(installed))
    with pytest.raises(CommandError, match="no checkout"):
        checkout.folder()


def test_checkout_without_an_environment_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "NEEDED", ("no_such_package",))
    with pytest.raises(CommandError) as raised:
        checkout.python(tmp_path)
    assert ".venv/ready" in raised.value.remedy


def test_local_run_starts_in_the_folder_of_the_user_whose_files_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__init__.py").write_text("raise SystemExit('a module of the user')")
    assert checkout.invocation("local", ["--state", "mine"]).folder == tmp_path
    assert checkout.invocation("deployment.cost").folder == ROOT
    assert checkout.run("local.snapshot", ["--help"]) == 0
