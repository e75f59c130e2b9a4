"""Removal of files from installed wheels that no function opens."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

# botocore has 25 MB of service models. These are the services that we call, or whose API we serve.
SERVICES = (
    "personalize",
    "personalize-runtime",
    "personalize-events",
    "bedrock-runtime",
    "cloudwatch",
    "dynamodb",
    "events",
    "firehose",
    "iam",
    "kinesis",
    "lambda",
    "s3",
    "sagemaker",
    "scheduler",
    "sso",  # the credential chain loads it
    "sso-oidc",
    "stepfunctions",
    "sts",
)
# Folders with test suites, headers and examples.
FOLDERS = ("tests", "include", "examples", "bin")
SUFFIXES = (".pyi", ".pxd", ".pyx", ".pxi", ".a", ".h", ".hpp", ".c", ".cc")
# Parts of pyarrow: network transport, the bindings of plan exchange and of ORC, and their sources.
# libarrow_substrait stays, because pyarrow.lib does not load without it.
PYARROW = ("src", "includes", "libarrow_flight*", "_flight*", "_substrait*", "_orc*", "*gandiva*")


def trim(folder: Path) -> None:
    """Remove files that are never loaded from an installation, in place."""
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
    """A service model without its documentation, which is four fifths of the file.

    The member stays, with an empty text: botocore reads that of a client's context parameters.
    """
    if isinstance(model, dict):
        return {
            name: "" if name == "documentation" and isinstance(part, str) else _undocumented(part)
            for name, part in model.items()
        }
    return [_undocumented(part) for part in model] if isinstance(model, list) else model
