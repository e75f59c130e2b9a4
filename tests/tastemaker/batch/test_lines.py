import json

import pytest

from tastemaker.batch import lines
from tastemaker.batch.lines import BadLine


def test_line_and_answer_round_trip() -> None:
    echo, question, error = lines.read(b'{"userId": "\xc3\xa4"}')
    assert (echo, question, error) == ({"userId": "ä"}, {"userId": "ä"}, None)
    written = lines.write(echo, {"recommendedItems": ["a"], "scores": [0.5]}, None)
    assert written.decode() == (
        '{"input":{"userId":"ä"},"output":{"recommendedItems":["a"],"scores":[0.5]},"error":null}\n'
    )


def test_shares_are_written_with_all_decimals() -> None:
    shares = [1.0, 0.1234567, 1.23e-05, 1e-07, 0.0]
    assert lines.shares_to_json(shares) == "[1.0000000,0.1234567,0.0000123,0.0000001,0.0000000]"
    assert json.loads(lines.shares_to_json(shares)) == shares
    assert lines.shares_to_json([0.5, None]) == "[0.5,null]"
    assert lines.shares_to_json([]) == "[]"


@pytest.mark.parametrize(
    ("line", "echo", "say"),
    [
        (b"userId=1", "userId=1", "not JSON"),
        (b"\xff", "�", "not JSON"),
        (b'{"userId": NaN}', '{"userId": NaN}', "NaN"),
        (b'{"userId": "ann", "weight": 1e999}', '{"userId": "ann", "weight": 1e999}', "1e999"),
        (b'{"userId": "ann", "weight": -1e999}', '{"userId": "ann", "weight": -1e999}', "-1e999"),
        (b"[1]", [1], "object"),
        (b'{"userId": "\\ud800"}', {"userId": "\ud800"}, "surrogate"),
        (b'{"userId": "x\xed\xa0\xbd"}', {"userId": "x\ud83d"}, "surrogate"),
        (
            b'{"userId": "a", "context": {"\\udc00": "x"}}',
            {"userId": "a", "context": {"\udc00": "x"}},
            "surro",
        ),
        (b"[" * 200 + b"]" * 200, "[" * 200 + "]" * 200, "nested more than 100"),
        (b'{"a":' * 60_000, '{"a":' * 60_000, "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", '{"a": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_read_reports_lines_that_are_not_json_objects(line: bytes, echo: object, say: str) -> None:
    found, question, error = lines.read(line)
    assert (found, question) == (echo, None)
    assert say in str(error)
    assert json.loads(lines.write(found, None, error)) == {"input": echo, "output": None, "error": error}


def test_whole_surrogate_pair_is_a_character() -> None:
    echo, question, error = lines.read(b'{"userId": "\\ud83d\\ude00"}')
    assert (echo, question, error) == ({"userId": "😀"}, {"userId": "😀"}, None)


def test_write_escapes_half_a_surrogate_pair() -> None:
    echo, _, _ = lines.read(b'{"userId": "\\ud800"}')
    assert json.loads(lines.write(echo, None, "x"))["input"] == {"userId": "\ud800"}


def test_members_are_validated() -> None:
    question = {"userId": "u", "context": {"DEVICE": "tv"}, "itemList": ["a", "b"]}
    assert lines.identifier(question, "userId", required=True) == "u"
    assert lines.texts(question, "context") == {"DEVICE": "tv"}
    assert lines.texts(question, "filterValues") == {}
    assert lines.item_list(question) == ["a", "b"]
    for call in (
        lambda: lines.identifier({}, "userId", required=True),
        lambda: lines.identifier({"userId": 7}, "userId"),
        lambda: lines.identifier({"userId": "x" * 257}, "userId"),
        lambda: lines.texts({"context": {"a": 1}}, "context"),
        lambda: lines.item_list({}),
        lambda: lines.item_list({"itemList": []}),
        lambda: lines.item_list({"itemList": ["a"] * 501}),
        lambda: lines.item_list({"itemList": [1]}),
    ):
        with pytest.raises(BadLine):
            call()
