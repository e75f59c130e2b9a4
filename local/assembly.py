"""The cloud assembly: synthesized from `app.py` after a change of its sources, and read."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.account import ACCOUNT_ID
from local.template import Template
from local.terminal import Line

REPOSITORY = Path(__file__).resolve().parent.parent
STAGE = "local"
OUTPUT = REPOSITORY / "cdk.out"
"""The folder with the assembly of each stage."""
# What the template and its assets are made of.
SOURCES = ("app.py", "cdk.json", "requirements.txt", "infrastructure", "lambdas", "tastemaker", "training")
_FINGERPRINT = ".fingerprint"
_LOCK = ".lock"
_USED = ".used"
_uses: dict[Path, int] = {}
"""Folders that this process loads code from, each with an open file that is locked until the process ends."""


class SynthesisError(Exception):
    """`app.py` did not write a usable assembly. The message has the end of its output."""


class Assembly:
    """A cloud assembly of one stack, on disk."""

    def __init__(self, folder: Path) -> None:
        """Read `folder`/manifest.json.

        Raises SynthesisError if there is no assembly, or it holds several stacks.
        """
        self.folder = folder.resolve()
        try:
            artifacts = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        except (OSError, ValueError, KeyError) as error:
            raise SynthesisError(f"{folder} is no cloud assembly: {error}") from error
        stacks = {key: item for key, item in artifacts.items() if item["type"] == "aws:cloudformation:stack"}
        if len(stacks) != 1:
            raise SynthesisError(
                f"{folder} holds {len(stacks)} stacks ({', '.join(stacks) or 'none'}); one is expected"
            )
        [(artifact, stack)] = stacks.items()
        self.stack: str = stack["properties"].get("stackName", artifact)
        self.body: dict[str, Any] = json.loads(
            (self.folder / stack["properties"]["templateFile"]).read_text()
        )
        self._assets = self._asset_folders(stack["properties"]["templateFile"])

    def template(self, region: str, partition: str) -> Template:
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        stack_id = f"arn:{partition}:cloudformation:{region}:{ACCOUNT_ID}:stack/{self.stack}/local"
        pseudo = {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Partition": partition,
            "AWS::Region": region,
            "AWS::StackId": stack_id,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": suffix,
        }
        return Template(self.body, stack=self.stack, pseudo=pseudo)

    @property
    def assets(self) -> set[Path]:
        """All assets that the template names."""
        return set(self._assets.values())

    def asset(self, key: str) -> Path:
        """The folder (or file) that would be uploaded under the object key `key`.

        Raises SynthesisError if no asset of the assembly has this key.
        """
        try:
            return self._assets[key]
        except KeyError:
            raise SynthesisError(f"the assembly {self.folder} has no asset for the key {key}") from None

    def _asset_folders(self, template_file: str) -> dict[str, Path]:
        described = self.folder / template_file.replace(".template.json", ".assets.json")
        if not described.exists():
            return {}
        files = json.loads(described.read_text()).get("files", {})
        return {
            destination["objectKey"]: self.folder / item["source"]["path"]
            for item in files.values()
            for destination in item["destinations"].values()
        }


def synthesize(
    say: Line = lambda _: None,
    *,
    stage: str = STAGE,
    repository: Path = REPOSITORY,
    output: Path | None = None,
) -> Path:
    """The folder of a stage's assembly, synthesized again after a change of a source file.

    Assets of older templates are removed, unless another run may still load code from them.

    Raises SynthesisError if app.py failed.
    """
    output = output or OUTPUT / stage
    output.mkdir(parents=True, exist_ok=True)
    with (output / _LOCK).open("w") as lock:  # two runs may start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        fingerprint = _fingerprint(repository)
        mark = output / _FINGERPRINT
        if mark.exists() and mark.read_text() == fingerprint:
            say("synthesized before, nothing changed since")
        else:
            say(f"synthesizing the app for stage {stage} (10 to 40 seconds; only when something changed) …")
            started = time.monotonic()
            mark.unlink(missing_ok=True)
            _run_app(repository, output, stage)
            Assembly(output)
            mark.write_text(fingerprint)
            say(f"synthesized in {time.monotonic() - started:.0f} s")
        _tidy_and_use(output)
    return output


def _tidy_and_use(output: Path) -> None:
    """Lock the folder for this run. Remove assets that no template names, unless another run uses it."""
    if output in _uses:
        return
    _uses[output] = used = os.open(output / _USED, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        named = Assembly(output).assets
        for left in set(output.resolve().glob("asset.*")) - named:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    fcntl.flock(used, fcntl.LOCK_SH)


def _run_app(repository: Path, output: Path, stage: str) -> None:
    environment = os.environ | {
        "CDK_OUTDIR": str(output),
        "CDK_CONTEXT_JSON": json.dumps(_context(repository) | {"stage": stage, "bundle": False}),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",  # majors of Node that may be past their end
    }
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-15:]
        raise SynthesisError("app.py failed:\n  " + "\n  ".join(words))


def _context(repository: Path) -> dict[str, Any]:
    """The context of cdk.json, which the CDK command would pass on. The app runs without it here."""
    described = repository / "cdk.json"
    if not described.exists():
        return {}
    return dict(json.loads(described.read_text()).get("context", {}))


def _fingerprint(repository: Path) -> str:
    digest = hashlib.sha256()
    for file in _source_files(repository):
        digest.update(str(file.relative_to(repository)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _source_files(repository: Path) -> Iterator[Path]:
    for name in SOURCES:
        root = repository / name
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                yield file
