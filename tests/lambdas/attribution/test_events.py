"""Tests that each streamed event is counted once, even if runs end early or overlap."""

from typing import Any

import pytest

from lambdas.attribution.batches import FIGURES_PER_REQUEST
from lambdas.attribution.cloudwatch import RefusedError
from tastemaker.attribution.sources import UNDEFINED
from tastemaker.contracts import recommendation_ids
from tastemaker.failures import WorkFailedError
from tests.lambdas.attribution.shop import EVENTS, HOME, NOW, QUARTER, Killed, Shop, Steps, event


def test_event_is_attributed_to_its_source_or_else_to_its_recommendation(shop: Shop) -> None:
    shop.store("bulk/1/a.parquet", [{"ITEM_ID": "tea", "PRICE": 4.0}, {"ITEM_ID": "bread", "PRICE": 2.0}])
    answer: dict[str, Any] = {"recommendationId": recommendation_ids.new(HOME)}
    scrolled: dict[str, Any] = {"eventValue": 2.5, "properties": '{"SCROLLED": 7}'}
    shop.store(
        f"{EVENTS}a.parquet",
        [
            event(1, **answer, **scrolled),
            event(1, **answer, **scrolled),  # delivered twice
            event(2, **answer, eventAttributionSource="mail", eventValue=1.0),
            event(3, "buy", itemId="tea", **answer),
            event(4, "buy", itemId="bread", **answer),
            event(5, "leave"),
        ],
    )
    assert shop.report_events() == 1
    assert shop.taker.totals == {
        ("views", HOME, QUARTER): 1.0,
        ("views", "mail", QUARTER): 1.0,
        ("income", HOME, QUARTER): 6.0,
        ("minutes", HOME, QUARTER): 2.5,
        ("minutes", "mail", QUARTER): 1.0,
        ("depth", HOME, QUARTER): 7.0,
    }


def test_event_id_is_one_users_own(shop: Shop) -> None:
    events = [event(1, userId="u"), event(1, userId="v"), event(1, userId="u"), event(1, userId=None)]
    shop.store(f"{EVENTS}a.parquet", events)
    shop.report_events()
    assert shop.taker.totals == {("views", UNDEFINED, QUARTER): 3.0}


def test_metric_can_add_up_the_timestamp(shop: Shop) -> None:
    shop.plan["metrics"] = [
        {"metricName": "times", "eventType": "view", "expression": "SUM(Interactions.TIMESTAMP)"}
    ]
    shop.store(f"{EVENTS}a.parquet", [event(1), event(2)])
    shop.report_events()
    assert shop.taker.totals == {("times", UNDEFINED, QUARTER): 2.0 * QUARTER + 3}


def test_file_is_counted_once_even_if_it_is_rewritten(shop: Shop) -> None:
    shop.store(f"{EVENTS}a.parquet", [event(1), event(2)])
    assert (shop.report_events(), shop.report_events()) == (1, 0)
    shop.store(f"{EVENTS}b.parquet", [event(3)])
    shop.store(f"{EVENTS}a.parquet", [event(2)])  # written anew without a user who was deleted
    assert shop.report_events() == 1
    assert shop.taker.totals == {("views", UNDEFINED, QUARTER): 3.0}


def test_files_from_before_the_attribution_are_not_counted(shop: Shop) -> None:
    shop.plan["createdAt"] = NOW + 3600
    shop.store(f"{EVENTS}a.parquet", [event(1)])
    assert shop.report_events(NOW + 3600) == 0
    shop.store(f"{EVENTS}b.parquet", [event(2)])
    assert shop.report_events(NOW + 4500) == 1
    assert shop.taker.totals == {("views", UNDEFINED, QUARTER): 1.0}


def test_file_that_is_delivered_late_is_counted(shop: Shop) -> None:
    shop.report_events()
    shop.store("groups/films/events/2001/01/01/z.parquet", [event(1)])  # nobody is as late as that
    assert shop.report_events() == 0
    shop.store(f"{EVENTS}0.parquet", [event(1)])  # its key is older than others'
    assert shop.report_events(NOW + 86_400) == 1


def test_figures_older_than_two_weeks_are_not_sent(shop: Shop) -> None:
    shop.store(f"{EVENTS}a.parquet", [event(1, sentAt=QUARTER - 15 * 86_400), event(2)])
    shop.report_events()
    assert shop.taker.totals == {("views", UNDEFINED, QUARTER): 1.0}


def test_named_sources_keep_their_names_in_later_runs(shop: Shop) -> None:
    shop.store(
        f"{EVENTS}a.parquet", [event(number, eventAttributionSource=f"s-{number}") for number in range(99)]
    )
    shop.report_events()
    more = [event(number, eventAttributionSource=f"more-{number}") for number in range(2)]
    shop.store(f"{EVENTS}b.parquet", [*more, event(7, eventAttributionSource="s-7")])
    shop.report_events()
    assert {one.source for one in shop.taker.requests[-1]} == {"more-0", UNDEFINED, "s-7"}


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Figures for three requests: more sources than one takes, all of them campaigns."""
    arns = [f"{HOME}-{number}" for number in range(2 * FIGURES_PER_REQUEST + 1)]
    shop.plan["sources"] = arns
    ids = [recommendation_ids.new(arn) for arn in arns]
    shop.store(
        f"{EVENTS}a.parquet", [event(n, sentAt=QUARTER, recommendationId=one) for n, one in enumerate(ids)]
    )
    return shop


def test_next_run_completes_a_run_that_ended_after_any_step(busy: Shop) -> None:
    steps = Steps()
    busy.report_events(steps=steps)
    whole, sent = busy.taker.totals, list(busy.taker.requests)
    assert len(sent) == 3 and len(whole) == 2 * FIGURES_PER_REQUEST + 1 and set(whole.values()) == {1.0}
    for last, step in enumerate(steps.done):
        busy.taker.requests = []
        busy.plan["folder"] = f"groups/films/attribution/killed-{last}/"
        with pytest.raises(Killed):
            busy.report_events(steps=Steps(last=last))
        busy.report_events()
        assert busy.report_events() == 0
        # Between its mark and itself a request is lost: one that was sent could not be told from it.
        lost = sent[int(step[-4:])] if "sent-" in step else []
        expected = {key: one for key, one in whole.items() if key[1] not in {each.source for each in lost}}
        assert busy.taker.totals == expected, step


def test_concurrent_runs_send_each_figure_once(busy: Shop) -> None:
    other = Shop(busy.s3, busy.dynamodb, busy.plan, busy.taker)
    met: list[int] = []

    def meet() -> None:
        busy.taker.before = lambda: None
        met.append(other.report_events())

    busy.taker.before = meet
    busy.report_events()
    assert met == [1] and busy.report_events() == 0
    assert len(busy.taker.requests) == 3 and set(busy.taker.totals.values()) == {1.0}


def test_refused_figures_are_sent_by_the_next_run(busy: Shop) -> None:
    def refuse() -> None:
        if len(busy.taker.requests) == 1:
            raise RefusedError("not allowed")

    busy.taker.before = refuse
    with pytest.raises(WorkFailedError, match="not allowed"):
        busy.report_events()
    busy.store(f"{EVENTS}b.parquet", [event(1)])
    busy.taker.before = lambda: None
    assert busy.report_events() == 2
    assert len(busy.taker.requests) == 4 and set(busy.taker.totals.values()) == {1.0}


def test_figures_that_may_have_arrived_are_not_sent_again(shop: Shop) -> None:
    def lose() -> None:
        raise WorkFailedError("no answer came")

    shop.store(f"{EVENTS}a.parquet", [event(1)])
    shop.taker.before = lose
    with pytest.raises(WorkFailedError, match="no answer"):
        shop.report_events()
    shop.taker.before = lambda: None
    shop.report_events()
    assert shop.taker.requests == []


def test_old_batches_are_deleted(shop: Shop) -> None:
    shop.kept = 2
    for number in range(4):
        shop.store(f"{EVENTS}{number}.parquet", [event(number)])
        shop.report_events()
    keys = [key.split("/")[-2] for key, _ in shop.lake().objects(f"{shop.plan['folder']}events/0")]
    assert sorted(set(keys)) == ["00000003", "00000004"] and len(shop.taker.requests) == 4
