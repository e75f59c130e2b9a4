"""Mailings, in a rehearsal of the control plane."""

from __future__ import annotations

from typing import Any

import pytest

from tastemaker.declaration import mailing
from tastemaker.declaration.mailing import MESSAGES, SEGMENT, Mailing, MailingError
from tastemaker.errors import InvalidInput, ResourceNotFound
from tests.tastemaker.declaration.mailings import AT, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_messages_go_to_the_users_that_the_segment_finds(shop: Shop) -> None:
    request = shop.request(dryRun=False)
    assert mailing.check(shop.here.lifecycle, Mailing.of(request, AT))
    segment = shop.body(SEGMENT, shop.run(request, SEGMENT)["arn"])
    assert segment["jobName"] == "spring-segment-20261129T030000"
    found = segment["jobOutput"]["s3DataDestination"]["path"]
    report = shop.run(request, MESSAGES)
    messages = shop.body(MESSAGES, report["arn"])
    assert messages["jobInput"]["s3DataSource"]["path"] == f"{found}items.json.out"
    assert messages["messageConfig"] == {
        "messageType": "EMAIL_BODY",
        "delivery": {
            "formats": ["CSV", "SES_BULK"],
            "addressColumn": "EMAIL",
        },
        "dryRun": False,
    }
    folder = "s3://shop/mailings/spring/20261129T030000/messages/"
    assert report["output"] == folder
    assert report["files"] == [f"{folder}items.json.out.csv", f"{folder}items.json.out.ses.jsonl"]


def test_mailing_is_a_dry_run_unless_the_input_says_no(shop: Shop) -> None:
    request = shop.request(segment=None, users="s3://shop/in/users.json")
    report = shop.run(request, MESSAGES)
    assert report["dryRun"] and report["files"][0].endswith("/users.json.dry-run.csv")
    assert shop.body(MESSAGES, report["arn"])["messageConfig"]["dryRun"] is True


def test_step_that_is_repeated_creates_nothing_again(shop: Shop) -> None:
    request = shop.request()
    assert shop.run(request, SEGMENT) == shop.run(request, SEGMENT)
    assert len(list(shop.here.control.records.each("BatchSegmentJob"))) == 1


def test_step_waits_for_its_job(shop: Shop) -> None:
    found = mailing.step(shop.here.lifecycle, Mailing.of(shop.request(), AT), SEGMENT)
    assert not found["done"] and "CREATE PENDING" in found["reason"]


SEGMENT_OF_ITEMS = {"solutionVersionArn": "x", "input": "s3://shop/items.json"}


def test_frequency_cap_that_is_asked_for_counts_the_mailings_of_the_folder(shop: Shop) -> None:
    for cap in ({"maxMessages": 2}, {"days": 3}):
        delivery = Mailing.of(shop.request(delivery=cap), AT).job(MESSAGES)["messageConfig"]["delivery"]
        assert delivery["sentPath"] == "s3://shop/mailings"


def test_null_does_not_start_a_mailing(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="dryRun must be true or false"):
        Mailing.of({**shop.request(), "dryRun": None}, AT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "lacks name"),
        ({"name": "-"}, "name has up to 32 letters"),
        ({"users": "s3://shop/users.json"}, "either segment or users"),
        ({"segment": None}, "either segment or users"),
        ({"segment": {"input": "s3://shop/items.json"}}, "segment must have solutionVersionArn"),
        ({"segment": {"solutionVersionArn": "x", "input": "s3://shop/items/"}}, "must be one file"),
        ({"segment": {**SEGMENT_OF_ITEMS, "numResults": 10_001}}, "10,000 users a line"),
        ({"segment": None, "users": "s3://shop/in"}, "end a folder with a slash"),
        ({"dryrun": False}, "unknown member dryrun"),
        *(({"dryRun": value}, "dryRun must be true or false") for value in (0, 1, "", "false")),
        ({"output": 7}, "output must be a text"),
        (
            {"segment": {"solutionVersionArn": "x", "input": ["s3://shop/items.json"]}},
            "segment.input must be",
        ),
        ({"name": "-x"}, "begins with a letter or digit"),
        ({"message": {"messageType": "LETTER"}}, "EMAIL_BODY"),
        ({"delivery": {"days": 0}}, "days"),
        ({"output": "https://shop/"}, "s3://"),
    ],
)
def test_wrong_input_is_refused_before_any_job_starts(
    shop: Shop, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        mailing.check(shop.here.lifecycle, Mailing.of(shop.request(**change), AT))
    assert list(shop.here.control.records.each("BatchSegmentJob")) == []


def test_second_job_is_checked_before_the_first_one_starts(shop: Shop) -> None:
    swapped = shop.request(solutionVersionArn=f"{shop.arns['Affinity']}/$LATEST")
    with pytest.raises(InvalidInput, match="aws-item-affinity"):
        mailing.check(shop.here.lifecycle, Mailing.of(swapped, AT))
    unknown = shop.request(solutionVersionArn=f"{shop.arns['ForYou']}x/$LATEST")
    with pytest.raises(ResourceNotFound):
        mailing.check(shop.here.lifecycle, Mailing.of(unknown, AT))


def test_job_that_fails_ends_the_mailing_with_its_reason(shop: Shop) -> None:
    request = shop.request()
    mailing.step(shop.here.lifecycle, Mailing.of(request, AT), SEGMENT)
    (record,) = shop.here.control.records.each_current("BatchSegmentJob")
    shop.here.control.writer.change(record, status="CREATE FAILED", failureReason="no such bucket")
    with pytest.raises(MailingError, match="no such bucket"):
        mailing.step(shop.here.lifecycle, Mailing.of(request, AT), SEGMENT)
