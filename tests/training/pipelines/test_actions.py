"""Next best action on users of whom half take an action that the others decline."""

from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from tastemaker.models import Bundle, load
from tastemaker.models.actions import ActionModel, folded
from tastemaker.models.bundle import History
from tests.training import lake
from training.config_reader import read_config
from training.job import run
from training.pipelines import actions
from training.progress import StopSignal

START = lake.START + 100_000


def schema(name: str, *fields: tuple[str, object]) -> dict:
    return {"name": name, "type": "record", "fields": [{"name": n, "type": t} for n, t in fields]}


ACTIONS = schema(
    "Actions",
    ("ACTION_ID", "string"),
    ("VALUE", ["null", "long"]),
    ("REPEAT_FREQUENCY", ["null", "long"]),
    ("EXPIRATION_TIMESTAMP", ["null", "long"]),
)
DEEDS = schema(
    "ActionInteractions",
    ("USER_ID", "string"),
    ("ACTION_ID", "string"),
    ("EVENT_TYPE", "string"),
    ("TIMESTAMP", "long"),
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Gold users (every third) subscribe and decline to refer, the others the reverse. Two users are new."""
    root: Path = tmp_path_factory.mktemp("actions")
    deeds = [
        (f"u{user:03d}", action, kind, START + turn * 3_600 + user)
        for turn in range(4)
        for user in range(lake.USERS)
        for action, kind in (
            ("subscribe", "Not Taken" if user % 3 else "Taken"),
            ("refer", "TAKEN" if user % 3 else "VIEWED"),
        )
    ]
    columns = list(zip(*deeds, strict=True))
    names = ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP")
    deeds_at = lake.put(
        root,
        "groups/shop/datasets/ACTION_INTERACTIONS/run/",
        pa.table(dict(zip(names, columns, strict=True))),
    )
    shelf = {
        "ACTION_ID": ["subscribe", "refer", "call", "visit"],
        "VALUE": pa.array([5, 1, 3, None], pa.int64()),
        "REPEAT_FREQUENCY": pa.array([None, 2, None, None], pa.int64()),
        "EXPIRATION_TIMESTAMP": pa.array([None, None, None, START + 10], pa.int64()),
    }
    actions_at = lake.put(root, "groups/shop/datasets/ACTIONS/run/", pa.table(shelf))
    lake.put(
        root,
        "groups/shop/actions/events/2020/",
        lake.streamed(
            [{"userId": "u001", "sessionId": "s", "itemId": "call", "eventType": "Viewed", "sentAt": START}]
        ),
    )
    config = lake.build(root, recipe="aws-next-best-action", actionEvents=["groups/shop/actions/events/"])
    import json

    document = json.loads(config.read_text())
    document["datasets"] |= {
        "ACTIONS": {"schema": ACTIONS, "prefixes": [actions_at]},
        "ACTION_INTERACTIONS": {"schema": DEEDS, "prefixes": [deeds_at]},
    }
    config.write_text(json.dumps(document))
    run(read_config(config), root, root / "model", checkpoints=None, stop=StopSignal())
    return Bundle.open(root / "model")


@pytest.fixture
def model(bundle: Bundle) -> ActionModel:
    found = load(bundle)
    assert isinstance(found, ActionModel)
    return found


def propensities(model: ActionModel, bundle: Bundle, user: str) -> dict[str, float]:
    index = bundle.users.index(user)
    deeds = model.histories.of(index) if index >= 0 else History.empty()
    scores = model.propensities(bundle.history(user), deeds, index)
    return dict(zip(model.actions, scores.tolist(), strict=True))


def test_users_get_the_actions_that_similar_users_take(model: ActionModel, bundle: Bundle) -> None:
    gold, free = propensities(model, bundle, "u003"), propensities(model, bundle, "u004")
    assert gold["subscribe"] > 0.9 > 0.1 > gold["refer"]
    assert free["refer"] > 0.9 > 0.1 > free["subscribe"]
    unknown = propensities(model, bundle, "nobody")
    assert 0 < unknown["refer"] < 1 and np.isnan(unknown["call"])  # too few events: explored


def test_next_best_action_metrics_have_known_values(bundle: Bundle) -> None:
    metrics = bundle.manifest["metrics"]
    assert metrics["auc"] > 0.95 and metrics["precision"] > 0.9 and metrics["recall"] > 0.9
    assert metrics["coverage"] == 0.5  # two of four actions are not explored


def test_expired_and_repeated_actions_are_hidden(model: ActionModel, bundle: Bundle) -> None:
    deeds = model.histories.of(bundle.users.index("u004"))
    last = int(deeds.timestamps.max())
    names = list(model.actions)

    def shown(now: int) -> set[str]:
        return {names[place] for place in np.flatnonzero(model.available(deeds, now))}

    assert shown(last + 60) == {"subscribe", "call"}
    assert shown(last + 3 * 86_400) == {"subscribe", "call", "refer"}
    assert "visit" in shown(START)


def test_actions_rank_by_propensity_then_value_with_explored_places(model: ActionModel) -> None:
    scores = np.array([np.nan, 0.25, 0.25, np.nan])  # call, refer, subscribe, visit
    everything = np.ones(4, bool)
    answer = model.ranked(scores, everything, 10, Random(1))
    assert [model.actions[action] for action, _ in answer[:2]] == ["subscribe", "refer"]
    assert {action for action, _ in answer[2:]} == {0, 3} and [s for _, s in answer[2:]] == [0.0, 0.0]
    assert len(model.ranked(scores, everything, 3, Random(1))) == 3


def test_metric_definitions_agree_with_plain_formulas() -> None:
    taken = np.array([True, False, True, False])
    assert actions.decided(np.array([True, True, False, False]), taken) == (0.5, 0.5)
    assert actions.area([0.9, 0.1, 0.8, 0.8], taken) == pytest.approx(3.5 / 4)
    assert folded("Not Taken") == folded("not_taken") == "NOT_TAKEN"
