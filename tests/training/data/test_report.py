"""The report on the data: counts, and warnings before a model is fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tastemaker.columns import Columns
from tests.training import lake
from tests.training.algorithms.histories import bought
from training.config import Config, EventRule
from training.config_reader import read_config
from training.data import report
from training.data.ages import measure
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.errors import BadDataError
from training.job import run
from training.progress import StopSignal


def config(root: Path, events=None, **more) -> Config:
    return read_config(lake.build(root, events, **more))


def warned(one: Config, prepared: Prepared) -> str:
    return "\n".join(report.describe(one, prepared)["warnings"])


def test_report_has_counts_and_distributions(shop: Prepared) -> None:
    found = report.describe(Config("aws-sims", {}), shop)
    assert (found["interactions"], found["users"], found["items"]) == (1200, 60, 25)
    assert found["itemsWithInteractions"] == 24 and found["doublesLeftOut"] == 0
    assert found["eventsPerUser"] == {
        "least": 20.0, "median": 20.0, "p90": 20.0, "p99": 20.0, "most": 20.0, "mean": 20.0
    }  # fmt: skip
    assert found["eventTypes"] == {"buy": 1140, "view": 60}
    assert found["last"] - found["first"] == 59 * 7 + 19 * 60
    assert found["attributes"]["ITEMS"]["GENRE"] == {"known": 25, "distinct": 3}
    assert found["attributes"]["ITEMS"]["IN_STOCK"] == {"known": 25, "distinct": 2}
    assert found["warnings"] == []


def test_popular_share_shows_that_few_items_have_most_events() -> None:
    assert report.popular_share(np.array([90, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0])) == 0.9


def test_times_in_milliseconds_are_refused(shop: Prepared) -> None:
    times = replace(shop.sequences, times=shop.sequences.times * 1000)
    with pytest.raises(BadDataError, match="milliseconds"):
        report.describe(Config("aws-sims", {}), shop.with_sequences(times))


def test_rare_and_missing_event_types_are_warned_about(shop: Prepared) -> None:
    kinds = np.zeros(len(shop.sequences.items), np.int16)
    kinds[:5] = 1
    starved = shop.with_sequences(replace(shop.sequences, types=kinds))
    rules = (EventRule("buy"), EventRule("view"), EventRule("rent"))
    text = warned(Config("aws-sims", {}, rules=rules), starved)
    assert "only 5 of 1,200 events are of type view" in text and "rent" in text


def test_duplicates_are_counted_and_warned_about(tmp_path: Path) -> None:
    one = config(tmp_path)
    lake.put(tmp_path, "groups/shop/datasets/INTERACTIONS/run/", lake.interactions().slice(0, 200))
    prepared = prepare(one, tmp_path)
    assert report.describe(one, prepared)["doublesLeftOut"] == 200
    assert "200 events were there twice" in warned(one, prepared)


def test_constant_attribute_is_warned_about(tmp_path: Path) -> None:
    one = config(tmp_path)
    same = lake.items().set_column(2, "PRICE", pa.array([5.0] * (lake.ITEMS + 1)))
    lake.put(tmp_path, "groups/shop/datasets/ITEMS/run/", same)
    assert "ITEMS.PRICE is the same in all rows" in warned(one, prepare(one, tmp_path))


def test_equal_times_of_a_users_events_are_warned_about(shop: Prepared) -> None:
    same = replace(shop.sequences, times=np.full_like(shop.sequences.times, lake.START))
    assert "order" in warned(Config("aws-sims", {}), shop.with_sequences(same))


def test_events_in_the_future_are_warned_about(shop: Prepared) -> None:
    assert "future" in warned(Config("aws-sims", {}, created_at=lake.START - 9e5), shop)


def test_report_is_in_the_bundle(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    one = config(tmp_path, recipe="aws-popularity-count")
    run(one, tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
    assert '"itemsWithInteractions"' in (tmp_path / "model/bundle.json").read_text()
    assert "data: 1,200 interactions" in capsys.readouterr().out


def test_bad_objective_fails_before_training(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    objective = {"optimizationObjective": {"itemAttribute": "GENRE", "objectiveSensitivity": "HIGH"}}
    one = config(tmp_path, recipe="aws-user-personalization", solutionConfig=objective)
    with pytest.raises(BadDataError, match="GENRE"):
        run(one, tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
    assert "pass 1" not in capsys.readouterr().out


def test_report_says_how_long_items_of_news_live(shop: Prepared) -> None:
    days = np.repeat(np.arange(20), 300)
    rng = np.random.default_rng(1)
    items, times = days * 10 + rng.integers(0, 10, 6_000), days * 86_400 + rng.integers(0, 86_400, 6_000)
    order = np.argsort(times, kind="stable")
    people = [[(int(items[n]), int(times[n])) for n in order[user::50]] for user in range(50)]
    ids = type(shop.items).build([f"n{number:03}" for number in range(200)])
    created, columns = np.zeros(200, np.int64), Columns(rows=200)
    news = replace(shop, items=ids, sequences=bought(*people), item_created=created, item_columns=columns)
    news = replace(news, ages=measure(news))
    found = report.describe(Config("aws-sims", {}), news)
    assert 3_600 < found["turnover"]["life"] < 2 * 86_400
    assert "turnover" not in report.describe(Config("aws-sims", {}), shop)
