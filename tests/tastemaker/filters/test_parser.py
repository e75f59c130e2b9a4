"""The parser: what it reads, and what it rejects with which position."""

import re
import subprocess
import sys

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.filters import FilterSyntaxError, dump, load, parameters, parse

ITEM = 'EXCLUDE ItemID WHERE Items.A IN ("x")'
MANY = " AND ".join(f"Items.F{number} > 1" for number in range(11))

REFUSED = [
    ("", "a filter expression is", None),
    ("EXCLUDE", "ends too early: expected a name", 7),
    ("HIDE ItemID WHERE Items.A > 1", '"HIDE" is unknown: an expression begins with INCLUDE or EXCLUDE', 0),
    ("EXCLUDE Item WHERE Items.A > 1", "what is filtered is ItemID, UserID or ActionID", 8),
    ('EXCLUDE ItemID WHERE Films.GENRE IN ("x")', '"Films" is unknown: a dataset is Items, ', 21),
    ('EXCLUDE ItemID Items.GENRE IN ("x")', "expected WHERE", 15),
    ("EXCLUDE ItemID WHERE Items.A >> 5", "comparisons are = != < <= > >=", 30),
    ("EXCLUDE ItemID WHERE Items.A", "ends too early: expected NOT IN, IN or a comparison", 28),
    ("EXCLUDE ItemID WHERE Items.A IS NULL", '"IS" is not expected here', 29),
    ('EXCLUDE ItemID WHERE Items.A IN "x"', "values after IN need parentheses", 32),
    ('EXCLUDE ItemID WHERE (Items.A IN ("x"))', "cannot be grouped by parentheses", 21),
    ('EXCLUDE ItemID WHERE NOT Items.A IN ("x")', "begins with a dataset and a column", 25),
    ('EXCLUDE ItemID WHERE Items.A IN ("x)', "this quote is never closed", 33),
    ('EXCLUDE ItemID WHERE Items.A IN ("x"))', "not expected here", 37),
    ("EXCLUDE ItemID WHERE Items.A = ?", '"\\?" is not expected here', 31),
    ("EXCLUDE ItemID WHERE Items.A > 5 ;", '";" is not expected here', 33),
    ('EXCLUDE ItemID WHERE Items.A NOT IN ("x", $X)', "a parameter must be alone", 42),
    ("EXCLUDE ItemID WHERE Items.A IN ($X, $Y)", "a parameter must be alone", 33),
    ("EXCLUDE ItemID WHERE Items.A NOT IN ($X)", "NOT IN takes no parameter", 21),
    (
        'EXCLUDE ItemID WHERE Items.A IN ("x") AND Interactions.EVENT_TYPE IN ("buy")',
        "one expression reads one dataset, here Items",
        42,
    ),
    ('EXCLUDE ItemID WHERE Users.A IN ("x")', "ItemID is filtered by Items or Interactions", 21),
    ('EXCLUDE ItemID WHERE CurrentUser.A IN ("x")', "current user follow IF", 21),
    ("EXCLUDE ItemID WHERE CurrentItem.A > 1", "must be on the right side", 21),
    ("EXCLUDE ItemID WHERE Items.A > Items.B", "compared with a value", 31),
    ("EXCLUDE UserID WHERE Users.A > CurrentItem.B", "CurrentItem is for ItemID only", 31),
    ('EXCLUDE ItemID WHERE Interactions.DEVICE IN ("tv")', "filtered by EVENT_TYPE only", 21),
    ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE = "buy"', "compared with IN or NOT IN", 21),
    ("EXCLUDE ActionID WHERE Actions.REPEAT_FREQUENCY = 1", "applied to every answer", 23),
    ('EXCLUDE ItemID WHERE Items.A IN ("*")', '"\\*" is for EVENT_TYPE only', 21),
    (f"{ITEM} IF CurrentUser.A > 1 IF CurrentUser.B > 1", "IF appears once", 59),
    (f"{ITEM} IF CurrentUser.A > 1 OR CurrentUser.B > 1", "joined by AND only", 59),
    (f"{ITEM} IF Items.A > 1", "IF only takes conditions on CurrentUser, not on Items", 41),
    (f"{ITEM} IF CurrentUser.A > CurrentItem.B", "a value or a \\$PARAMETER", 57),
    ('EXCLUDE UserID WHERE Users.A IN ("x") IF CurrentUser.A > 1', "has no current user", 41),
    (f'{ITEM} | EXCLUDE UserID WHERE Users.A IN ("x")', "one target, here ItemID", 40),
    (f"EXCLUDE ItemID WHERE {MANY}", "at most 10 fields", 21 + MANY.index("Items.F10")),
    (f"{ITEM} |", "ends too early: expected a name", 39),
    (ITEM.replace("x", "x" * 2500), "at most 2500 characters, this one has 2536", None),
]


@pytest.mark.parametrize(
    ("expression", "problem", "position"), REFUSED, ids=[each[0][:60] for each in REFUSED]
)
def test_parse_reports_problem_and_position_of_invalid_expressions(expression, problem, position):
    with pytest.raises(FilterSyntaxError, match=problem) as caught:
        parse(expression)
    assert caught.value.position == position
    assert isinstance(caught.value, InvalidInput)


def test_error_message_marks_the_position_with_a_caret():
    with pytest.raises(FilterSyntaxError) as caught:
        parse(
            "EXCLUDE ItemID\n  WHERE Items.WEIGHT > 5 AND Items.WIDE > 5 AND Items.HEIGHT ! 5 AND Items.X = 5"
        )
    _problem, _position, line, caret = str(caught.value).split("\n")
    assert line[caret.index("^")] == "!"


def test_keywords_and_names_match_in_any_case_but_values_are_exact():
    loud = parse("INCLUDE ItemID WHERE Items.GENRE IN ('War') AND Items.YEAR >= 1999 IF CurrentUser.AGE > 17")
    quiet = parse(
        'include itemid where ITEMS.GENRE in ("War") and items.YEAR >= 1999 if currentuser.AGE > 17'
    )
    assert loud.expressions == quiet.expressions
    assert loud.expressions[0].conditions[0].operand.values == ("War",)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a\'b"', "a'b"),
        ("'a\"b'", 'a"b'),
        (r'"a\"b"', 'a"b'),
        (r'"a\\"', "a\\"),
        (r'"a\n"', r"a\n"),
        ("'é|x, y'", "é|x, y"),
    ],
)
def test_quoted_values_support_both_quotes_and_escapes(written, value):
    assert parse(f"EXCLUDE ItemID WHERE Items.A IN ({written})").expressions[0].conditions[
        0
    ].operand.values == (value,)


def test_column_may_have_the_name_of_a_keyword():
    condition = (
        parse('EXCLUDE ItemID WHERE Items.IN IN ("x") AND Items.Where NOT IN ("y")').expressions[0].conditions
    )
    assert [each.field.name for each in condition] == ["IN", "Where"]


def test_and_binds_tighter_than_or():
    expression = parse("EXCLUDE ItemID WHERE Items.A > 1 OR Items.B > 1 AND Items.C > 1").expressions[0]
    assert [[each.field.name for each in those] for those in expression.alternatives] == [["A"], ["B", "C"]]


def test_field_limit_counts_each_field_once():
    ten = " AND ".join(f"Items.F{number} > 1" for number in range(10))
    assert (
        parse(f"EXCLUDE ItemID WHERE {ten} AND Items.f0 < 9 AND Items.F1 < CurrentItem.F1").target == "ItemID"
    )


def test_parameters_are_named_without_the_dollar_sign():
    filter = parse("EXCLUDE ItemID WHERE Items.A IN ($B2) AND Items.C > ($a_) IF CurrentUser.X = $Z")
    assert parameters(filter) == ["B2", "Z", "a_"]


def test_load_parses_the_text_of_another_format_version():
    filter = parse(ITEM)
    assert load(dump(filter).replace('"format":1', '"format":999')) == filter


def test_load_does_not_import_the_parser_library():
    compiled = dump(parse(ITEM))
    program = (
        "import sys; from tastemaker.filters import FilterContext, load;"
        "from tastemaker.columns import Columns;"
        f"load({compiled!r}).mask(FilterContext(Columns(rows=3))); print('lark' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        ("Items.IN_STOCK = true", "true"),
        ("Items.IN_STOCK = true AND Items.PRICE > 5", "true"),
        ("Items.GENRE IN (Shoes)", "Shoes"),
        ('Items.GENRE IN ("a", Shoes)', "Shoes"),
        ("Items.GENRE IN Shoes", "Shoes"),
    ],
)
def test_text_without_quotes_is_named(condition: str, word: str) -> None:
    with pytest.raises(FilterSyntaxError, match=f'text needs quotes: "{word}"'):
        parse(f"INCLUDE ItemID WHERE {condition}")


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("Items.GENRE IN (“war”)", 'quotes are straight here: "value"'),
        ("Items.PRICE == 5", "comparisons are = != < <= > >="),
        ("Items.PRICE <> 5", "comparisons are = != < <= > >="),
    ],
)
def test_spelling_of_other_programs_is_refused_with_the_right_one(condition: str, problem: str) -> None:
    with pytest.raises(FilterSyntaxError, match=re.escape(problem)):
        parse(f"INCLUDE ItemID WHERE {condition}")
