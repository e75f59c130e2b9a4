"""Who gets no message: lists in the caller's buckets, each opened for itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.batch.delivery import read_audience, write_audience
from lambdas.stores.lake import LakeBucket
from tastemaker.failures import InvalidLocation, WorkFailedError
from tastemaker.files import File, Location
from tests.lambdas.aws import LAKE

NOW = 1_000
UNSUBSCRIBED, SENT = "s3://crm/unsubscribed.csv", "s3://mail/sent/"


class Allowed:
    """What a session sees that may read one location only, as the roles of callers do."""

    def __init__(self, files: dict[str, str], location: str) -> None:
        at = Location.parse(location)
        self._files = {name: text for name, text in files.items() if name.startswith(f"{at.bucket}/{at.key}")}

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        for name, text in sorted(self._files.items()):
            found, _, key = name.partition("/")
            if found == bucket and key.startswith(prefix):
                yield File(bucket, key, len(text))

    def open(self, file: File) -> Any:
        return io.BytesIO(self._files[f"{file.bucket}/{file.key}"].encode())


@pytest.fixture
def lake(lake_client: Any) -> LakeBucket:
    return LakeBucket(lake_client, LAKE)


def audience(lake: LakeBucket, files: dict[str, str], **delivery: str) -> tuple[set[str], set[str]]:
    """The users who unsubscribed, and those who have had their messages."""
    plan: Any = {"folder": "groups/x/batch/j/", "now": NOW, "messages": {"delivery": {"days": 7, **delivery}}}
    write_audience(lambda location: Allowed(files, location), lake, plan)
    found = read_audience(lake, plan)
    return set(found.unsubscribed), set(found.capped)


def test_each_list_is_read_by_a_session_of_its_own(lake: LakeBucket) -> None:
    files = {
        "crm/unsubscribed.csv": "USER_ID\nann\n",
        "mail/sent/a.csv": f"USER_ID,SENT_AT\nbob,{NOW - 1}\n",
    }
    assert audience(lake, files, unsubscribedPath=UNSUBSCRIBED, sentPath=SENT) == ({"ann"}, {"bob"})


def test_first_job_of_a_campaign_has_no_earlier_messages(lake: LakeBucket) -> None:
    assert audience(lake, {}, sentPath=SENT) == (set(), set())


def test_list_of_unsubscribed_users_that_is_missing_fails_the_job(lake: LakeBucket) -> None:
    with pytest.raises(InvalidLocation, match="no CSV file is there"):
        audience(lake, {}, unsubscribedPath=UNSUBSCRIBED)


@pytest.mark.parametrize("text", ["NAME\nbob\n", "\n"])
def test_earlier_messages_that_cannot_be_read_fail_the_job(lake: LakeBucket, text: str) -> None:
    with pytest.raises(WorkFailedError, match="has no column USER_ID"):
        audience(lake, {"mail/sent/a.csv": text}, sentPath=SENT)


def test_invalid_location_fails_the_job(lake: LakeBucket) -> None:
    with pytest.raises(InvalidLocation, match="expected s3://bucket/key"):
        audience(lake, {}, sentPath="mail/sent")
