"""Models are asked about the past as requests would have been answered then."""

from dataclasses import replace

import numpy as np

from tastemaker.models import load
from tastemaker.models.turnover import live_items
from tests.training.data.test_ages import ages_of, fading
from tests.training.data.test_turnover import DAY, START
from training.data.prepared import Prepared
from training.data.turnover import activity_of
from training.output.past import Past


def until(prepared: Prepared, day: int) -> Prepared:
    """What the data were at the begin of a day. Ten items appear each day, in the order of their ids."""
    sequences = prepared.sequences
    return replace(
        prepared.with_sequences(sequences.keep(sequences.times < START + day * DAY)),
        items=type(prepared.items).build(prepared.items.tolist()[: 10 * day]),
        item_created=prepared.item_created[: 10 * day],
    )


def test_items_of_the_past_are_live_by_the_rule_of_requests(shop: Prepared) -> None:
    """The live items at a time are those of data that end then."""
    prepared = fading(shop)
    ages = ages_of(prepared)
    past = Past(replace(prepared, ages=ages))
    for day in (30, 45):
        then = until(prepared, day)
        expected = live_items(activity_of(then), then.latest, ages.turnover)
        live = past.live(ages, START + day * DAY)
        assert 0 < expected.sum() < len(expected)
        assert np.array_equal(live[: 10 * day], expected) and not live[10 * day :].any()


def test_model_is_asked_as_it_is_if_the_catalog_stays(trained, shop: Prepared) -> None:
    model = load(trained("aws-user-personalization-v2"))
    then, live = Past(shop).asked(model, 0, 2)
    assert then is model and live is None
