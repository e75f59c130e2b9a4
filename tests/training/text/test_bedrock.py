"""Text vectors by Bedrock: each text is encoded once, also after a restart, and errors say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tastemaker.models import Bundle
from tests.training.invoke_model import MODEL, InvokeModel, vector
from tests.training.pipelines.test_semantic import TEXTS, build
from training import __main__ as program
from training.errors import StoppedError, TextModelError
from training.progress import StopSignal
from training.text import bedrock, text_cache
from training.text.text_cache import TextCache


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> Iterator[InvokeModel]:
    """The server, with the job's environment pointing to it."""
    server = InvokeModel()
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("TEXT_MODEL", MODEL)
    monkeypatch.setenv("TEXT_MODEL_REGION", "eu-central-1")
    yield server
    server.close()


def encoder(folder: Path | None) -> TextCache:
    return TextCache(bedrock.connected(MODEL, "eu-central-1"), folder, StopSignal())


def test_each_distinct_text_is_encoded_once(
    hosted: InvokeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["green tea", "", "black tea", "green tea", "  "]
    found = encoder(tmp_path).encode(texts)
    assert sorted(body["inputText"] for body in hosted.asked) == ["black tea", "green tea"]
    assert all(body["normalize"] and body["dimensions"] == 256 for body in hosted.asked)
    assert found[0] == pytest.approx(vector("green tea", 256), abs=1e-6)
    assert np.array_equal(found[0], found[3])
    assert not found[[1, 4]].any()
    assert "about 4 tokens, some $0.00" in capsys.readouterr().out
    assert np.array_equal(encoder(tmp_path).encode([*texts[::-1], "oolong"])[:5], found[::-1])
    assert len(hosted.asked) == 3  # the second time only what is new


def test_killed_job_encodes_only_missing_texts(
    hosted: InvokeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_cache, "PART", 10)
    texts = [f"text {number}" for number in range(35)]
    hosted.allowed = 24
    with pytest.raises(TextModelError):
        encoder(tmp_path).encode(texts)
    (half,) = tmp_path.glob("texts/*")
    (half / "unfinished.tmp").write_bytes(b"of a process that died")
    hosted.allowed = 10**9
    before = len(hosted.asked)
    assert len(encoder(tmp_path).encode(texts)) == 35
    assert len(hosted.asked) - before == 15  # two of four parts were there
    asked_to_end = encoder(tmp_path)
    asked_to_end.stop.requested = True
    with pytest.raises(StoppedError):
        asked_to_end.encode(["one more"])


def test_throttled_calls_are_repeated(hosted: InvokeModel) -> None:
    hosted.refusals = [(429, "ThrottlingException")]
    assert encoder(None).encode(["green tea"])[0].any()


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, "AccessDeniedException", "policy of the organization"),
        (400, "ValidationException", "training.textModelRegion"),
        (404, "ResourceNotFoundException", "training.textModelRegion"),
        (400, "ServiceQuotaExceededException", "Start the version again"),
    ],
)
def test_bedrock_error_says_what_to_do(hosted: InvokeModel, status: int, code: str, advice: str) -> None:
    hosted.refusals = [(status, code)] * 20
    with pytest.raises(TextModelError, match=advice) as raised:
        encoder(None).encode(["green tea"])
    assert MODEL in str(raised.value) and "eu-central-1" in str(raised.value)


def test_long_text_is_cut_between_letters() -> None:
    assert len(bedrock._cut("茶" * 10_000)) <= bedrock.MAX_TEXT_BYTES
    assert bedrock._cut("茶" * 10_000).decode() == "茶" * 6_666


def test_job_uses_the_text_model_of_the_stage(
    hosted: InvokeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SM_OUTPUT_DATA_DIR", str(tmp_path / "output/data"))
    config = build(tmp_path, itemName=True)
    command = ["--config", str(config), "--data", str(tmp_path), "--threads", "1"]
    command += ["--model-dir", str(tmp_path / "model"), "--checkpoints", str(tmp_path / "checkpoints")]
    hosted.allowed = 0
    assert program.main(command) == 1
    assert "Look for a policy of the organization" in (tmp_path / "output/failure").read_text()
    assert not (tmp_path / "model/bundle.json").exists()
    hosted.allowed = 10**9
    assert program.main(command) == 0
    assert sorted(body["inputText"] for body in hosted.asked) == sorted(
        TEXTS
    )  # tuned, measured, fitted: once
    manifest = json.loads((tmp_path / "model/bundle.json").read_text())
    assert manifest["model"]["texts"] == {"encoder": MODEL, "width": 256}
    vectors = np.load(Bundle.open(tmp_path / "model").path / "model/vectors.npy")
    assert vectors[0] == pytest.approx(vector(TEXTS[0], 256), abs=1e-6)
