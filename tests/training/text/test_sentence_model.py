"""The optional sentence model, if training/requirements-text.txt is installed."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.pipelines.test_semantic import build
from training.config_reader import read_config
from training.job import run
from training.progress import StopSignal
from training.text import sentence_model
from training.text.text_cache import TextCache

pytestmark = pytest.mark.skipif(not sentence_model.installed(), reason="training/requirements-text.txt")


def test_sentence_model_knows_meanings() -> None:
    texts = ["a warm coat for winter", "thick jacket against the cold", "a hammer for nails", ""]
    vectors = TextCache(sentence_model.SentenceModel(), None, StopSignal()).encode(texts)
    assert vectors.shape == (4, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_sentence_model_is_used_if_installed(tmp_path: Path) -> None:
    run(
        read_config(build(tmp_path, itemName=True)),
        tmp_path,
        tmp_path / "model",
        checkpoints=None,
        stop=StopSignal(),
    )
    manifest = json.loads((tmp_path / "model/bundle.json").read_text())
    assert manifest["model"]["texts"] == {"encoder": "all-MiniLM-L6-v2", "width": 384}
