"""Byte code for the Python of the target."""

import importlib.util
import sys
from pathlib import Path

from infrastructure.packaging import bytecode

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_interpreter_has_the_requested_version() -> None:
    assert bytecode.interpreter(HERE) is not None
    assert bytecode.interpreter("2.4") is None


def test_byte_code_is_loaded_without_checking_the_source(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("answer = 42\n")
    (tmp_path / "broken.py").write_text("not python\n")
    bytecode.compile_folder(tmp_path, sys.executable)
    compiled = Path(importlib.util.cache_from_source(str(source)))
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01  # PEP 552: hash-based, and not to be checked
