"""What is left out of installed wheels: files that no function of ours ever opens."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

# botocore describes every AWS service, 25 MB of them; these are the ones that we call or answer for.
SERVICES = (
    "personalize",
    "personalize-runtime",
    "personalize-events",
    "bedrock-runtime",
    "cloudwatch",
    "dynamodb",
    "events",
    "kinesis",
    "lambda",
    "s3",
    "sagemaker",
    "scheduler",
    "sso",  # the credential chain asks for it by name when it is set up
    "sso-oidc",
    "stepfunctions",
    "sts",
)
# Folders: no test suites, no headers to compile against, no examples.
FOLDERS = ("tests", "include", "examples", "bin")
SUFFIXES = (".pyi", ".pxd", ".pyx", ".pxi", ".a", ".h", ".hpp", ".c", ".cc")
# Of pyarrow: network transport, the bindings of plan exchange and of ORC, and their sources.
# libarrow_substrait stays: pyarrow.lib is linked with it, and does not load without.
PYARROW = ("src", "includes", "libarrow_flight*", "_flight*", "_substrait*", "_orc*", "*gandiva*")


def trim(folder: Path) -> None:
    """Remove from an installation, in place, what is never loaded."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and path.name in FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in SUFFIXES:
            path.unlink()
    _keep_services(folder / "botocore" / "data")
    for pattern in PYARROW:
        for path in (folder / "pyarrow").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _keep_services(data: Path) -> None:
    if data.is_dir():
        for service in data.iterdir():
            if service.is_dir() and service.name not in SERVICES:
                shutil.rmtree(service)
        for model in data.glob("*/*/service-2.json.gz"):
            described = json.loads(gzip.decompress(model.read_bytes()))
            text = json.dumps(_undocumented(described), separators=(",", ":"))
            model.write_bytes(gzip.compress(text.encode(), mtime=0))


def _undocumented(model: Any) -> Any:
    """A service model without its documentation, four fifths of what making a client reads."""
    if isinstance(model, dict):
        return {
            name: _undocumented(part)
            for name, part in model.items()
            if not (name == "documentation" and isinstance(part, str))
        }
    return [_undocumented(part) for part in model] if isinstance(model, list) else model
