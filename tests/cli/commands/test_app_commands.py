"""Commands that pass their arguments to a module of the checkout."""

import subprocess
import sys

import pytest

MODULES = {
    "local": "python -m local",
    "snapshot": "python -m local.snapshot",
    "cost": "python -m deployment.cost",
}


@pytest.mark.parametrize("name", MODULES)
def test_help_and_arguments_reach_the_module(name: str) -> None:
    shown = subprocess.run([sys.executable, "-m", "cli", name, "--help"], capture_output=True, text=True)
    assert shown.returncode == 0 and f"usage: {MODULES[name]}" in shown.stdout


def test_exit_code_of_the_module_is_kept() -> None:
    line = [sys.executable, "-m", "cli", "cost", "--no-such-option"]
    shown = subprocess.run(line, capture_output=True, text=True)
    assert shown.returncode == 2 and "unrecognized arguments" in shown.stderr
