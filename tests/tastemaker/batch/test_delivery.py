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
    Split,
    capped_users,
    csv_file,
    messages_of,
    repeated_users,
    ses_file,
)
from tastemaker.batch.lines import BadLine

MESSAGE = {"text": "Picked for you: Dune", "itemIds": ["dune", "alien"], "address": "ann@example.com"}


PLACE = (0, 0)


def read(document: Any) -> Any:
    return lines.read(json.dumps(document).encode())


def test_line_of_a_segment_is_a_line_for_each_user() -> None:
    segment = {"input": {"itemId": "dune"}, "output": {"usersList": ["ann", "bob"]}, "error": None}
    assert Split()(read(segment), PLACE) == [
        ({"userId": "ann"}, {"userId": "ann"}, None),
        ({"userId": "bob"}, {"userId": "bob"}, None),
    ]


def test_other_lines_stay_as_they_are() -> None:
    for document in ({"userId": "ann"}, {"output": None}, {"output": {"usersList": 3}}, "nonsense"):
        assert Split()(read(document), PLACE) == [read(document)]


def test_segment_that_is_too_large_for_one_line_is_an_error() -> None:
    users = [str(number) for number in range(MAX_USERS_PER_LINE + 1)]
    ((_, question, error),) = Split()(read({"output": {"usersList": users}}), PLACE)
    assert question is None and error is not None and "10,001 users" in error


def segment(*users: Any) -> bytes:
    return json.dumps({"input": {"itemId": "dune"}, "output": {"usersList": users}}).encode()


def test_slices_of_a_segment_have_each_user_once() -> None:
    users = [f"u{number}" for number in range(10)]
    parts = [Split(part, 3)(lines.read(segment(*users)), PLACE) for part in range(3)]
    assert [question["userId"] for part in parts for _, question, _ in part] == users
    assert [len(part) for part in parts] == [3, 3, 4]


def test_other_lines_are_in_one_slice() -> None:
    for user in ("ann", "bob", "cleo"):
        line = read({"userId": user})
        assert sum(len(Split(part, 3)(line, PLACE)) for part in range(3)) == 1


def test_user_of_several_segments_gets_one_message() -> None:
    placed = [
        ((0, 0), segment("ann", "bob", "ann")),
        ((0, 90), segment("bob")),
        ((1, 0), segment("bob", "cleo")),
    ]
    first = repeated_users(placed)
    assert first == {"bob": (0, 0)}
    stored = json.loads(json.dumps(first))
    found = [one for place, line in placed for one in Split(first=stored)(lines.read(line), place)]
    assert [question["userId"] for _, question, _ in found if question] == ["ann", "bob", "cleo"]
    assert [error for _, question, error in found if question is None] == [
        "No message: an earlier line of the job names the same user."
    ] * 2


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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_begins_as_a_formula_and_the_cap_still_knows_the_user(start: str) -> None:
    message = {"text": f"{start}1", "itemIds": [f"{start}i"], "address": f"{start}cmd|x"}
    data = b"".join(csv_file([(f"{start}u", message)], DAY)).decode()
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    cells = [rows[0][name] for name in ("USER_ID", "ADDRESS", "TEXT", "ITEM_IDS")]
    assert all(cell.startswith("'") for cell in cells)
    assert capped_users(rows, {}, DAY + 1) == {f"{start}u"}


def test_phone_number_is_an_address_as_it_is() -> None:
    data = b"".join(csv_file([("u", {**MESSAGE, "address": "+4930123456"})], DAY)).decode()
    assert next(csv.DictReader(io.StringIO(data)))["ADDRESS"] == "+4930123456"
