"""The runtime's memory of the control plane's records."""

from tastemaker.control.core.records import Record
from tastemaker.serving.endpoints import CACHE_SECONDS, RecordCache

ARN = "arn:aws:personalize:us-east-1:1:campaign/c"


class Table:
    """One record; counts how often it is read."""

    def __init__(self, status: str) -> None:
        self.status, self.reads = status, 0

    def get(self, arn: str) -> Record:
        self.reads += 1
        return Record(arn=arn, kind="campaign", body={"status": self.status})


def test_an_active_record_is_read_again_after_some_seconds() -> None:
    table, now = Table("ACTIVE"), [0.0]
    cache = RecordCache(table, clock=lambda: now[0])
    cache.get(ARN), cache.get(ARN)
    assert table.reads == 1
    now[0] = CACHE_SECONDS
    cache.get(ARN)
    assert table.reads == 2


def test_a_record_that_is_still_becoming_active_is_read_every_time() -> None:
    table = Table("CREATE IN_PROGRESS")
    cache = RecordCache(table)
    cache.get(ARN)
    table.status = "ACTIVE"
    assert cache.get(ARN).status == "ACTIVE"
