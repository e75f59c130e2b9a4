"""The items of given answers, which events refer to."""

import threading

import pytest

from lambdas.stores.impression_log import MAX_WAITING, ImpressionTable


def test_impressions_are_recorded_in_the_background(other_tables) -> None:
    answers = ImpressionTable(other_tables, "recommendations", lambda: 1_000.0)
    for number in range(120):
        answers.record(f"RID-{number}", "arn", ["alien", f"film {number}"])
    answers.flush()
    found = answers.find([f"RID-{number}" for number in range(130)])
    assert len(found) == 120 and found["RID-7"] == ["alien", "film 7"]
    row = other_tables.get_item(
        TableName="recommendations", Key={"version": {"S": "RID-7"}, "key": {"S": "shown"}}
    )["Item"]
    assert (row["arn"]["S"], row["expiresAt"]["N"]) == ("arn", str(1000 + 14 * 86_400))


def test_failing_impression_table_does_not_raise() -> None:
    class Broken:
        def put_item(self, **request):
            raise ConnectionError("no table today")

    answers = ImpressionTable(Broken(), "recommendations")
    answers.record("RID-1", "arn", ["alien"])
    answers.flush()


def test_slow_table_does_not_fill_the_memory() -> None:
    """Answers beyond the limit are not recorded, and no request waits for them."""
    proceed, written = threading.Event(), []

    class Slow:
        def put_item(self, **request):
            proceed.wait()
            written.append(request["Item"]["version"]["S"])

    answers = ImpressionTable(Slow(), "recommendations")
    for number in range(MAX_WAITING + 50):
        answers.record(f"RID-{number}", "arn", ["alien"])
    proceed.set()
    answers.flush()
    assert written == [f"RID-{number}" for number in range(MAX_WAITING)]


@pytest.mark.parametrize("missing", [[], ["RID-1"]])
def test_answers_that_were_not_recorded_are_left_out(other_tables, missing: list[str]) -> None:
    assert ImpressionTable(other_tables, "recommendations").find(missing) == {}


def test_keys_that_the_table_did_not_process_are_read_again() -> None:
    row = {"version": {"S": "RID-1"}, "items": {"S": '["alien"]'}}
    left = {"recommendations": {"Keys": [{"version": {"S": "RID-1"}, "key": {"S": "shown"}}]}}

    class Busy:
        def __init__(self) -> None:
            self.pages = [
                {"Responses": {}, "UnprocessedKeys": left},
                {"Responses": {"recommendations": [row]}},
            ]

        def batch_get_item(self, **request):
            return self.pages.pop(0)

    assert ImpressionTable(Busy(), "recommendations").find(["RID-1"]) == {"RID-1": ["alien"]}
