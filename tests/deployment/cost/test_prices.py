"""Each price has a date, a region, a source and a statement about whether it was read."""

import json
import re

from deployment.cost import personalize, prices
from deployment.cost.usage import Load


def test_each_price_has_a_source_and_says_whether_it_was_read() -> None:
    table = prices.load()
    assert table.region == "us-east-1" and re.fullmatch(r"\d{4}-\d\d-\d\d", table.read)
    for price in (*table.prices.values(), *table.instances.values()):
        assert price.source.startswith("https://"), price
        assert price.status in ("aws", "reported", "unconfirmed"), price
        assert price.usd > 0 and price.unit
        if price.status == "aws":
            assert re.match(r"https://(docs\.)?aws\.amazon\.com/", price.source), price


def test_prices_of_the_service_are_reported_by_others() -> None:
    document = json.loads(prices.PERSONALIZE.read_text())
    assert all("reported by" in one["source"] for one in document["prices"].values())


def test_campaign_bills_at_least_one_transaction_per_second() -> None:
    def campaign(**load: int) -> float:
        usd = personalize.lines(Load(**load))[0].usd
        assert usd is not None
        return round(usd, 2)

    assert campaign() == 146.0
    assert campaign(campaigns=3) == 438.0
    assert campaign(requests=10 * 2_628_000) == 1460.0


def test_trainings_of_the_service_are_not_guessed() -> None:
    lines = personalize.lines(Load(events=1, trainings=4))
    assert [line.usd is None for line in lines] == [False, False, True]
