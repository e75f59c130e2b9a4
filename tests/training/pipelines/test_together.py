"""Frequently bought together in a shop with many views and few purchases."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tastemaker.models.topk import top_k
from tests.training import lake
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.pipelines.base import fitted_model
from training.pipelines.together import TogetherPipeline, all_events, newest_purchases
from training.progress import StopSignal

AISLES, SHELF, CUSTOMERS = 4, 10, 150
BEST_SELLER = "0-0"


def visits(together: bool) -> list[tuple[str, str, int, str]]:
    """Each customer views one aisle for weeks and buys there, and everybody buys the best seller.

    With `together`, items 2n and 2n + 1 of the aisle are bought within a minute, else each purchase is alone.
    """
    rng = np.random.default_rng(1)
    rows = []
    for customer in range(CUSTOMERS):
        user, aisle, time = f"c{customer:03d}", customer % AISLES, lake.START
        for _ in range(12):
            time += 86_400
            rows.append((user, f"{aisle}-{rng.integers(SHELF)}", time, "View"))
        for _ in range(3):
            time += 4 * 86_400
            first = 2 * int(rng.integers(SHELF // 2))
            rows.append((user, f"{aisle}-{first}", time, "Purchase"))
            if together:
                rows.append((user, f"{aisle}-{first + 1}", time + 60, "Purchase"))
        rows += [(user, BEST_SELLER, time + place * 9 * 86_400, "Purchase") for place in (1, 2, 3, 4)]
    return rows


def shop(root: Path, *, together: bool) -> tuple[TogetherPipeline, Prepared]:
    names = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE")
    table = pa.table(dict(zip(names, zip(*visits(together), strict=True), strict=True)))
    prefix = lake.put(root, "groups/shop/datasets/INTERACTIONS/visits/", table)
    fields = [field for field in lake.INTERACTIONS_SCHEMA["fields"] if field["name"] in names]
    source = {"schema": lake.INTERACTIONS_SCHEMA | {"fields": fields}, "prefixes": [prefix]}
    path = lake.build(root, recipe="aws-ecomm-frequently-bought-together", datasets={"INTERACTIONS": source})
    config = read_config(path)
    return TogetherPipeline(config, None, StopSignal()), prepare(config, root)


def listed(recipe: TogetherPipeline, prepared: Prepared, item: str) -> list[str]:
    recipe.tune(prepared)
    with fitted_model(recipe.fit(prepared), prepared, recipe.config) as model:
        return [
            prepared.items[one] for one in top_k(model.score_item(prepared.items.index(item)), 5).tolist()
        ]


def test_where_nothing_is_bought_together_customers_see_what_the_same_people_view(tmp_path: Path) -> None:
    found = listed(*shop(tmp_path, together=False), "2-4")
    assert {item[0] for item in found} == {"2"}  # before, the best sellers of the whole shop


def test_partner_in_the_basket_comes_first(tmp_path: Path) -> None:
    found = listed(*shop(tmp_path, together=True), "2-4")
    assert found[0] == "2-5"


def test_events_of_withheld_users_are_withheld_and_those_of_onlookers_stay(tmp_path: Path) -> None:
    _, prepared = shop(tmp_path, together=False)
    before = newest_purchases(prepared)
    sequences = prepared.sequences
    withheld, shorter = 3, 5
    ends = sequences.lengths.copy()
    ends[withheld], ends[shorter] = 0, 2
    training = prepared.with_sequences(sequences.truncated(ends))
    events = all_events(training, before).sequences
    assert events.lengths[withheld] == 0
    assert events.history(shorter).timestamps[-1] == sequences.history(shorter).timestamps[1]
    others = np.delete(np.arange(CUSTOMERS), [withheld, shorter])
    assert (events.lengths[others] == np.diff(prepared.histories.offsets)[others]).all()
    nobody = prepared.with_sequences(sequences.truncated(np.zeros(CUSTOMERS, np.int64)))
    assert all_events(nobody, newest_purchases(nobody)).sequences.total() == len(prepared.histories.items)
