"""A market whose items are wanted while they are new: lists have the items that are wanted now."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.data import lake
from tastemaker.models import Bundle, load
from tastemaker.models.sequence import SequenceModel
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.data.turnover import activity_of, find_turnover
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.progress import StopSignal

DAY = 86_400
DAYS, DISTRICTS, USERS, INTEREST_DAYS = 60, 3, 240, 2.5
START = 1_600_000_000


def market(root: Path) -> Path:
    """Each user looks at homes of one district. Interest in a home falls by a factor of e in 2.5 days."""
    rng = np.random.default_rng(4)
    born = np.repeat(np.arange(DAYS), DISTRICTS * 2) * DAY
    district = np.tile(np.arange(DISTRICTS), DAYS * 2)
    rows = []
    for user in range(USERS):
        begin = int(rng.integers(0, DAYS - 10))
        for day in np.sort(rng.integers(begin, min(begin + 25, DAYS), 16)):
            age = day * DAY - born
            shares = np.exp(-age / (INTEREST_DAYS * DAY)) * (age >= 0) * (district == user % DISTRICTS)
            item = int(rng.choice(len(born), p=shares / shares.sum()))
            rows.append((f"u{user:03d}", f"h{item:03d}", START + int(day) * DAY + int(rng.integers(1, DAY))))
    people, homes, times = zip(*rows, strict=True)
    tables = {
        "INTERACTIONS": pa.table({"USER_ID": people, "ITEM_ID": homes, "TIMESTAMP": times}),
        "ITEMS": pa.table(
            {
                "ITEM_ID": [f"h{item:03d}" for item in range(len(born))],
                "DISTRICT": [f"d{number}" for number in district],
                "CREATION_TIMESTAMP": START + born,
            }
        ),
    }
    return lake.write(root, tables, categorical=("DISTRICT",), hyperParameters={"width": "32"})


@pytest.mark.slow
def test_lists_have_the_items_that_are_wanted_at_their_age(tmp_path: Path) -> None:
    config = read_config(market(tmp_path))
    prepared = prepare(config, tmp_path)
    turnover = find_turnover(prepared)
    assert turnover is not None
    recipe = pipeline(config, checkpoints=None, stop=StopSignal())
    recipe.tune(prepared)
    described = {"turnover": turnover._asdict()}
    export(recipe.fit(prepared), prepared, recipe.config, tmp_path / "model", described=described)
    model = load(Bundle.open(tmp_path / "model"))
    assert isinstance(model, SequenceModel)
    assert model.parts["age"]["weight"] > 0.3
    with_age = _worth(model, prepared)
    model.parts = {**model.parts, "age": {"weight": 0.0}}
    assert with_age > 1.2 * _worth(model, prepared)


def _worth(model: SequenceModel, prepared: Prepared) -> float:
    """How much interest the ten best live items of recent users get at the end of the data, on average."""
    live = model.bundle.live_items
    assert live is not None
    ages = (prepared.latest - activity_of(prepared).born) / DAY
    districts = np.array([int(item[1:]) % DISTRICTS for item in prepared.items.tolist()])
    found = []
    for user, name in enumerate(prepared.users.tolist()):
        history = prepared.sequences.history(user)
        if history.timestamps[-1] < prepared.latest - 3 * DAY:
            continue
        scores = model.score_user(history, now=prepared.latest, user_index=user)
        best = np.argsort(-np.where(live, scores, -np.inf))[:10]
        wanted = np.exp(-ages[best] / INTEREST_DAYS) * (districts[best] == int(name[1:]) % DISTRICTS)
        found.append(wanted.sum())
    assert len(found) > 20
    return float(np.mean(found))
