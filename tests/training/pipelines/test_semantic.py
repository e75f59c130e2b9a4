"""Text vectors that know synonyms by their context, and the model that serves them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tastemaker.models import Bundle, load
from tastemaker.models.semantic import SemanticModel
from tastemaker.models.topk import top_k
from tests.training import lake
from training.config_reader import read_config
from training.errors import BadDataError
from training.job import run
from training.progress import StopSignal
from training.text.encoders import Lsa, tf_idf

TOPICS = {
    "tea": [
        "green leaf tea",
        "black leaf tea steeped hot",
        "hot oolong steeped from leaf",
        "oolong, the green kind",
    ],
    "tool": [
        "steel hammer for nails",
        "hammer and nails of steel",
        "steel wrench",
        "wrench for bolts, steel",
    ],
    "book": [
        "a novel of crime",
        "crime novel with a detective",
        "the detective returns",
        "detective in a novel",
    ],
}
TEXTS = [text for topic in TOPICS.values() for text in topic]


def test_texts_on_one_subject_are_near_without_common_words() -> None:
    vectors = Lsa(width=3).encode([*TEXTS, ""])
    cosines = vectors @ vectors.T
    kinds = np.repeat(np.arange(3), 4)
    for row in range(12):
        same = kinds == kinds[row]
        assert cosines[row, :12][same].min() > cosines[row, :12][~same].max()
    assert not set(TEXTS[8].split()) & {"the", "detective", "returns"}
    assert cosines[8, 10] > 0.5  # a novel of crime; the detective returns
    assert not vectors[12].any()
    assert np.array_equal(vectors, Lsa(width=3).encode([*TEXTS, ""]))


def test_rare_terms_weigh_more_and_rows_have_length_one() -> None:
    rows, columns, values, words, _ = tf_idf(["x1 common", "x2 common", "x3 other"])
    assert len(words) >= 4
    lengths = np.sqrt(np.bincount(rows, values**2))
    assert lengths == pytest.approx(np.ones(3))
    first = dict(zip(columns[rows == 0].tolist(), values[rows == 0].tolist(), strict=True))
    assert len(set(np.round(list(first.values()), 6))) == 2  # "common" weighs less than the rest


def build(root: Path, **marks: bool) -> Path:
    """A catalog of twelve items, imported without any interaction."""
    table = pa.table(
        {
            "ITEM_ID": [f"{place:02d}" for place in range(12)],
            "TITLE": TEXTS,
            "CREATION_TIMESTAMP": pa.array([lake.START + place for place in range(12)], pa.int64()),
        }
    )
    items = lake.put(root, "groups/texts/datasets/ITEMS/run/", table)
    fields = [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": "string", **marks},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ]
    document = {
        "formatVersion": 1,
        "recipe": "aws-semantic-similarity",
        "seed": 1,
        "datasets": {"ITEMS": {"schema": {"fields": fields}, "prefixes": [items]}},
    }
    path = root / "config.json"
    path.write_text(json.dumps(document))
    return path


def test_semantic_model_trains_on_a_catalog_without_interactions(tmp_path: Path) -> None:
    config = read_config(build(tmp_path, itemName=True))
    run(config, tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
    bundle = Bundle.open(tmp_path / "model")
    model = load(bundle)
    assert isinstance(model, SemanticModel)
    assert bundle.manifest["metrics"] == {"coverage": 1.0}
    assert bundle.manifest["model"]["texts"]["width"] == model.vectors.shape[1]
    assert set(top_k(model.score_item(4), 3).tolist()) == {5, 6, 7}
    fresher = model.influenced(4, {"FRESHNESS": 1.0}) - model.score_item(4)
    assert (fresher[0], fresher[11]) == (pytest.approx(0.0), pytest.approx(1.0))
    assert np.isfinite(model.score_item(-1)).all()


def test_schema_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match="itemName"):
        run(read_config(build(tmp_path)), tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
