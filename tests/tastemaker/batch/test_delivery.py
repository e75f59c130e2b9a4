import csv
import io
import json
from typing import Any

import pytest

from tastemaker.batch import lines
from tastemaker.batch.delivery import (
    DAY,
    MAX_USERS_PER_LINE,
    Audience,
    capped_users,
    csv_file,
    expanded,
    messages_of,
    ses_file,
)
from tastemaker.batch.lines import BadLine

MESSAGE = {"text": "Picked for you: Dune", "itemIds": ["dune", "alien"], "address": "ann@example.com"}


def read(document: Any) -> Any:
    return lines.read(json.dumps(document).encode())


def test_line_of_a_segment_is_a_line_for_each_user() -> None:
    segment = {"input": {"itemId": "dune"}, "output": {"usersList": ["ann", "bob"]}, "error": None}
    assert expanded(read(segment)) == [
        ({"userId": "ann"}, {"userId": "ann"}, None),
        ({"userId": "bob"}, {"userId": "bob"}, None),
    ]


def test_other_lines_stay_as_they_are() -> None:
    for document in ({"userId": "ann"}, {"output": None}, {"output": {"usersList": 3}}, "nonsense"):
        assert expanded(read(document)) == [read(document)]


def test_segment_that_is_too_large_for_one_line_is_an_error() -> None:
    users = [str(number) for number in range(MAX_USERS_PER_LINE + 1)]
    ((_, question, error),) = expanded(read({"output": {"usersList": users}}))
    assert question is None and error is not None and "10,001 users" in error


def test_unsubscribed_and_capped_users_get_no_message() -> None:
    audience = Audience.from_json(Audience(["ann"], ["bob"]).to_json())
    for user, reason in (("ann", "unsubscribed"), ("bob", "frequency cap")):
        with pytest.raises(BadLine, match=reason):
            audience.check(user)
    audience.check("carl")
    audience.check(None)


def test_frequency_cap_counts_the_messages_of_the_last_days() -> None:
    now = 100 * DAY

    def sent(user: str, *days: int) -> list[dict[str, str]]:
        return [{"USER_ID": user, "SENT_AT": str(now - day * DAY)} for day in days]

    rows = [*sent("ann", 1, 3), *sent("bob", 1, 9), *sent("carl", 9, 8), {"USER_ID": "dan", "SENT_AT": "?"}]
    assert capped_users(rows, {"maxMessages": 2, "days": 7}, now) == {"ann"}
    assert capped_users(rows, {}, now) == {"ann", "bob"}
    assert capped_users(sent("eve", 0), {}, now) == set()  # an earlier attempt of this job


def test_only_answered_lines_are_delivered() -> None:
    part = [
        json.dumps({"input": {"userId": "ann"}, "output": {"message": MESSAGE}, "error": None}).encode(),
        json.dumps({"input": {"userId": "bob"}, "output": None, "error": "No message"}).encode(),
    ]
    assert list(messages_of(part)) == [("ann", MESSAGE)]


def test_csv_file_has_a_row_for_each_message_and_no_formulas() -> None:
    formula = {"text": "=1+1\nand, more", "itemIds": ["dune"]}
    text = b"".join(csv_file([("ann", MESSAGE), ("bob", formula)], 7)).decode()
    ann, bob = csv.DictReader(io.StringIO(text))
    assert ann == {
        "USER_ID": "ann",
        "ADDRESS": "ann@example.com",
        "SENT_AT": "7",
        "TEXT": "Picked for you: Dune",
        "ITEM_IDS": "dune|alien",
    }
    assert bob["TEXT"] == "'=1+1\nand, more" and bob["ADDRESS"] == ""


def test_requests_of_ses_are_valid_and_have_at_most_50_recipients() -> None:
    import botocore.session
    from botocore.validate import ParamValidator

    messages = [(str(n), {**MESSAGE, "address": f"{n}@example.com"}) for n in range(51)]
    messages.append(("nobody", {"text": "x", "itemIds": []}))
    requests = [json.loads(line) for line in ses_file(messages, {"templateName": "spring"})]
    assert [len(request["BulkEmailEntries"]) for request in requests] == [50, 1]
    model = botocore.session.get_session().get_service_model("sesv2").operation_model("SendBulkEmail")
    for request in requests:
        report = ParamValidator().validate(request, model.input_shape)
        assert not report.has_errors(), report.generate_report()
        assert request["DefaultContent"]["Template"]["TemplateName"] == "spring"
    entry = requests[1]["BulkEmailEntries"][0]
    data = json.loads(entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])
    assert data == {"userId": "50", "text": MESSAGE["text"], "itemIds": MESSAGE["itemIds"]}
