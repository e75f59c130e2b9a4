"""Synthesis: only when something changed, and with the app's own words when it fails."""

from __future__ import annotations

import fcntl
import json

import pytest

from local.assembly import Assembly, SynthesisError, synthesize

APP = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir(parents=True, exist_ok=True)
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
properties = {"templateFile": "s.template.json", "stackName": context["stage"]}
stack = {"type": "aws:cloudformation:stack", "properties": properties}
(out / "manifest.json").write_text(json.dumps({"artifacts": {"s": stack}}))
(out / "s.template.json").write_text(json.dumps({"Resources": {}, "Metadata": context}))
runs = out / "runs"
runs.write_text(str(int(runs.read_text() if runs.exists() else 0) + 1))
"""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text('{"context": {"flag": true}}')
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "a.py").write_text("1")
    return tmp_path


def runs(repository):
    folder = synthesize(repository=repository, output=repository / "out")
    return (folder / "runs").read_text()


def test_synthesis_uses_the_stage_local_and_the_context_of_cdk_json(repository):
    assembly = Assembly(synthesize(repository=repository, output=repository / "out"))
    assert assembly.stack == "local"
    assert assembly.body["Metadata"] == {"flag": True, "stage": "local", "bundle": False}


def test_another_stage_may_be_asked_for(repository):
    assembly = Assembly(synthesize(stage="lite", repository=repository, output=repository / "out"))
    assert assembly.body["Metadata"] == {"flag": True, "stage": "lite", "bundle": False}


def test_assembly_is_synthesized_again_only_after_a_change(repository):
    assert runs(repository) == "1"
    assert runs(repository) == "1"
    (repository / "lambdas" / "__pycache__").mkdir()
    (repository / "lambdas" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert runs(repository) == "1"
    (repository / "lambdas" / "a.py").write_text("2")
    assert runs(repository) == "2"


def test_files_of_older_templates_are_removed(repository):
    left = repository / "out" / "asset.old" / "lambdas"
    left.mkdir(parents=True)
    runs(repository)
    assert not left.parent.exists()


def test_assets_that_another_run_may_use_are_kept(repository):
    left = repository / "out" / "asset.old"
    left.mkdir(parents=True)
    with (repository / "out" / ".used").open("w") as other_run:
        fcntl.flock(other_run, fcntl.LOCK_SH)
        runs(repository)
    assert left.exists()


def test_failing_app_is_quoted_and_synthesized_again_next_time(repository):
    (repository / "app.py").write_text("raise SystemExit('the stage is odd')")
    for _ in range(2):
        with pytest.raises(SynthesisError, match="the stage is odd"):
            runs(repository)


def test_folder_without_an_assembly_is_refused(tmp_path):
    with pytest.raises(SynthesisError, match="no cloud assembly"):
        Assembly(tmp_path)


def test_assembly_with_several_stacks_is_refused(tmp_path):
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"a": stack, "b": stack}}))
    with pytest.raises(SynthesisError, match="2 stacks"):
        Assembly(tmp_path)
