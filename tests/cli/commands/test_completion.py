"""Completion of commands in a shell."""

import os
import subprocess
import sys

from tests.cli.conftest import Command


def test_script_completes_the_name_of_a_command(bare: Command) -> None:
    assert "_TASTEMAKER_COMPLETE=bash_complete" in bare("completion", "bash").out
    environment = {
        **os.environ,
        "_TASTEMAKER_COMPLETE": "bash_complete",
        "COMP_WORDS": "tastemaker recom",
        "COMP_CWORD": "1",
    }
    shown = subprocess.run(
        [sys.executable, "-m", "cli"], env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "plain,recommend"
