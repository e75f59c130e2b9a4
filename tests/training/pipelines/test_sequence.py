"""Lists follow the context of a request where it matters, and example cells have their codes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.data import lake
from tastemaker.columns import CATEGORICAL, NUMBER
from tastemaker.models import Bundle, load
from tastemaker.models.features import FeatureColumn, FeatureSpace
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.topk import top_k
from tests.training import lake as small_lake
from training.algorithms.blend import Choice
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.distributed.process_group import ProcessGroup
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.pipelines.sequence import SequencePipeline
from training.progress import StopSignal

CABINS, MENU = ("economy", "business", "first"), 8


def trained(root: Path, config: Path) -> tuple[Prepared, SequenceModel]:
    """The data and the model of a training with this configuration."""
    parsed = read_config(config)
    prepared = prepare(parsed, root)
    recipe = pipeline(parsed, checkpoints=None, stop=StopSignal())
    recipe.tune(prepared)
    export(recipe.fit(prepared), prepared, recipe.config, root / "model")
    model = load(Bundle.open(root / "model"))
    assert isinstance(model, SequenceModel)
    return prepared, model


@pytest.fixture(scope="module")
def airline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, SequenceModel]:
    """Passengers who fly in any cabin. Each cabin has its own menu."""
    rng = np.random.default_rng(0)
    count = 4000
    cabin = rng.integers(0, len(CABINS), count)
    meal = cabin * MENU + np.minimum(rng.geometric(0.3, count), MENU) - 1
    eaten = pa.table(
        {
            "USER_ID": [f"u{user}" for user in rng.integers(0, 200, count)],
            "ITEM_ID": [f"m{number:02d}" for number in meal],
            "TIMESTAMP": 1_600_000_000 + np.sort(rng.integers(0, 10**7, count)),
            "CABIN": [CABINS[number] for number in cabin],
        }
    )
    root = tmp_path_factory.mktemp("airline")
    written = lake.write(
        root,
        {"INTERACTIONS": eaten},
        categorical=("CABIN",),
        hyperParameters={"width": "32"},
    )
    return trained(root, written)


def test_lists_follow_the_context_of_a_request(airline: tuple[Prepared, SequenceModel]) -> None:
    prepared, model = airline
    for number, cabin in enumerate(CABINS):
        fitting = []
        for user in range(0, 100, 10):
            history = prepared.sequences.history(user)
            scores = model.score_user(history, now=prepared.latest, context={"CABIN": cabin}, user_index=user)
            fitting.append(np.mean(np.argsort(-scores)[:5] // MENU == number))
        assert np.mean(fitting) > 0.8


def test_context_of_the_next_event_is_returned(airline: tuple[Prepared, SequenceModel]) -> None:
    prepared, _ = airline
    meal = int(prepared.sequences.history(3).items[4])
    assert prepared.context(3, 4) == {"CABIN": CABINS[meal // MENU]}


def test_example_cells_have_their_codes() -> None:
    space = FeatureSpace(
        (
            FeatureColumn("DEVICE", CATEGORICAL, 0, values=("phone", "tv")),
            FeatureColumn("DISCOUNT", NUMBER, 2, edges=(0.0, 12.5)),
            FeatureColumn("ALWAYS", NUMBER, 5),
        )
    )
    for codes in ([0, 2, 5], [1, 3, 5], [0, 4, 5]):
        assert space.codes(space.example(np.array(codes)))[0].tolist() == codes
    assert space.example(np.array([-1, -1, -1])) == {}


SHELF = 20
"""The items that people look at, and as many others that they buy."""


def bought_share(root, weights: dict[str, float]) -> float:
    """The share of items that are bought in lists of ten, where four of five events are views of others."""
    rng = np.random.default_rng(1)
    count = 3000
    buys = rng.random(count) < 0.2
    events = pa.table(
        {
            "USER_ID": [f"u{user}" for user in rng.integers(0, 150, count)],
            "ITEM_ID": [f"i{number:02d}" for number in rng.integers(0, SHELF, count) + SHELF * buys],
            "TIMESTAMP": 1_600_000_000 + np.sort(rng.integers(0, 10**7, count)),
            "EVENT_TYPE": np.where(buys, "buy", "view").tolist(),
        }
    )
    listed = [{"eventType": name, "weight": weight} for name, weight in weights.items()]
    written = lake.write(
        root,
        {"INTERACTIONS": events},
        hyperParameters={"width": "16", "trainingPasses": "3"},
        solutionConfig={"eventsConfig": {"eventParametersList": listed}},
    )
    prepared, model = trained(root, written)
    users = range(0, 150, 10)
    lists = [
        top_k(model.score_user(prepared.sequences.history(user), now=prepared.latest, user_index=user), 10)
        for user in users
    ]
    return float(np.mean(np.concatenate(lists) >= SHELF))


def test_lists_move_to_the_events_that_weigh_more(tmp_path) -> None:
    for name in ("alike", "buys"):
        (tmp_path / name).mkdir()
    alike = bought_share(tmp_path / "alike", {"view": 1.0, "buy": 1.0})
    buys = bought_share(tmp_path / "buys", {"view": 0.05, "buy": 1.0})
    assert buys > alike + 0.2


STAPLES = 60
"""The items that a household buys again and again, and as many cards that it buys once at most."""


def baskets(rng: np.random.Generator) -> np.ndarray:
    """What a household buys in fifteen baskets: two of its twenty staples and two new cards each."""
    staples, cards = rng.permutation(STAPLES)[:20], STAPLES + rng.permutation(STAPLES)
    bought = [[*rng.permutation(staples)[:2], *cards[2 * visit : 2 * visit + 2]] for visit in range(15)]
    return np.concatenate([rng.permutation(basket) for basket in bought])


def test_what_comes_back_is_listed_before_what_is_bought_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    bought = np.stack([baskets(rng) for _ in range(150)])
    lines = pa.table(
        {
            "USER_ID": np.repeat([f"u{user:03}" for user in range(len(bought))], bought.shape[1]).tolist(),
            "ITEM_ID": [f"i{number:03}" for number in bought.ravel()],
            "TIMESTAMP": np.tile(1_600_000_000 + np.repeat(np.arange(15) * 86_400, 4), len(bought)),
        }
    )
    written = lake.write(
        tmp_path, {"INTERACTIONS": lines}, hyperParameters={"width": "16", "trainingPasses": "1"}
    )
    prepared, model = trained(tmp_path, written)
    assert model.parts["repeat"]["returnPower"] > 0

    def share() -> float:
        users = [
            model.scores_for(prepared.sequences.history(user), now=prepared.latest) for user in range(50)
        ]
        return float(np.mean([one.top(10) < STAPLES for one in users]))

    with_rates = share()
    assert with_rates > 0.9
    model.parts["repeat"].pop("returnPower")
    assert share() < with_rates - 0.1, "otherwise the other parts know it, and this test tests nothing"


LOOP = 24
"""Users go from each item to the next one, around a loop, and now and then jump."""


def followed(root: Path, types: tuple[str, ...]) -> float:
    """The share of users whose list begins with what follows their last item, among three items.

    Each act is recorded as an event of each of these types, seconds apart.
    """
    rng = np.random.default_rng(2)
    rows = []
    for user in range(150):
        item, time = int(rng.integers(LOOP)), 1_600_000_000 + int(rng.integers(10**6))
        for _ in range(10):
            rows += [(f"u{user}", f"i{item:02d}", time + 5 * at, name) for at, name in enumerate(types)]
            item = (item + 1) % LOOP if rng.random() < 0.8 else int(rng.integers(LOOP))
            time += 86_400
    names = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE")
    events = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    written = lake.write(root, {"INTERACTIONS": events}, hyperParameters={"width": "16"})
    prepared, model = trained(root, written)
    found = []
    for user in range(prepared.sequences.users):
        history = prepared.sequences.history(user)
        wanted = (int(prepared.items[int(history.items[-1])][1:]) + 1) % LOOP
        best = top_k(model.score_user(history, now=prepared.latest, user_index=user), 3)
        found.append(f"i{wanted:02d}" in [prepared.items[int(item)] for item in best])
    return float(np.mean(found))


def test_one_act_recorded_as_several_events_is_followed_as_one(tmp_path) -> None:
    for name in ("one", "three"):
        (tmp_path / name).mkdir()
    one = followed(tmp_path / "one", ("buy",))
    three = followed(tmp_path / "three", ("view", "cart", "buy"))
    assert one > 0.75
    assert three > one - 0.1, (one, three)


class OtherLeader(ProcessGroup):
    """A group whose leader chose other weights than this process."""

    def agreed(self, own: Any) -> Any:
        if not isinstance(own, Choice):
            return own
        return replace(
            own, parts={name: {**one, "weight": 0.5} for name, one in own.parts.items()}, reached=0.25
        )


def test_process_takes_the_weights_that_the_leader_chose(tmp_path: Path, shop: Prepared) -> None:
    config = read_config(small_lake.build(tmp_path, hyperParameters={"trainingPasses": "1", "width": "16"}))
    recipe = pipeline(config, checkpoints=None, stop=StopSignal())
    assert isinstance(recipe, SequencePipeline)
    recipe.tune(shop.with_sequences(replace(shop.sequences, group=OtherLeader())))
    assert recipe.best is not None and recipe.best.choice.reached == 0.25
    assert {one["weight"] for one in recipe.best.choice.parts.values()} == {0.5}


def test_second_network_is_another_one_beside_the_first(tmp_path: Path) -> None:
    models = []
    for count in ("1", "2"):
        (tmp_path / count).mkdir()
        settings = {"trainingPasses": "1", "width": "16", "trainingNetworks": count}
        models.append(trained(tmp_path / count, small_lake.build(tmp_path / count, hyperParameters=settings)))
    (_, one), (prepared, two) = models
    assert one.encoder is not None and two.encoder is not None
    assert (one.encoder.width, two.encoder.width, two.encoder.own_width) == (16, 32, 16)
    assert [model.bundle.manifest["formatVersion"] for model in (one, two)] == [1, 2]
    assert np.array_equal(two.item_vectors[:, :16], one.item_vectors)
    assert not np.allclose(two.item_vectors[:, 16:], one.item_vectors)
    history = prepared.sequences.history(3)
    first, both = (model.vector(history, now=prepared.latest) for model in (one, two))
    assert both[:16] == pytest.approx(first / 2, abs=1e-5)
