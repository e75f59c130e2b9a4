"""What members of requests contain: ARNs, properties, filter expressions, schemas, addresses, tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.standard_schemas import FIELDS, record

NUMBERS: list[Any] = [
    0, -1, 1, 0.5, -0.0, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**309,
    10**400, 1e-320, 1e-300, 1e126, 1e308, float("nan"), float("inf"), float("-inf"), 1_700_000_000,
    1_700_000_000_000, 1.7e18, 20240115, True, "1", "1e999", "0x10", "1_000", "٣", " 7 ",
]  # fmt: skip
"""Numbers at the limits of the types that they pass through, and texts that look like numbers."""
TEXTS = [
    "", " ", "a", "alien", "ann", "dune ", "\x00", "a\x00b", "\n", "\r\nset-cookie: a", "é", "\ufeffx",
    "語" * 90, "😀" * 256, "x" * 255, "x" * 256, "x" * 257, "x" * 2048, "x" * 5001, "x" * 70_000,
    "\u202eabc", "a/b", "../..", "%00", "${x}", "{}", "[]", "null", "true", "NaN", "'", '"', "\\",
    "\\ud800", "a#b", "a|b", "a,b", "*", "<a>", "\ud800", "\udfff", "x\ud83d", "__proto__", "%s%n",
    "groups/", "Ω≈ç√", "a" * 1023 + "\x7f", "a " * 127 + "\x00", "\u0000" * 20, "١٢٣",
]  # fmt: skip
"""Texts that break parsers, keys, headers, paths and logs. Half of a surrogate pair is sent as an escape."""
ODD_JSON = [
    "",
    "{",
    "[]",
    "null",
    "1",
    '"a"',
    '{"a":1,"a":2}',
    '{"a":NaN}',
    "{'a':1}",
    "\ufeff{}",
    "{}x",
    "[" * 5000,
]

EXPRESSION_WORDS = [
    "INCLUDE", "EXCLUDE", "ItemID", "UserID", "ActionID", "WHERE", "Items", "Users", "Interactions",
    "Actions", "Action_Interactions", "CurrentUser", "CurrentItem", ".", "GENRES", "YEAR", "COLOR",
    "AGE", "EVENT_TYPE", "STOCK", "IN", "NOT IN", "NOT", "AND", "OR", "IF", "=", "!=", "<", "<=", ">",
    ">=", "+", "-", "(", ")", '"space"', '"*"', '"', "'a'", "$GENRES", "$", "$1", "1", "-1.5", "1e999",
    "9" * 400, "true", "false", "TRUE", "null", ",", "|", ";", "--", "ITEM_ID", "DEVICE", "MINUTES",
    "include", "where", "語", "\x00", "\n", "CREATION_TIMESTAMP",
]  # fmt: skip
"""The words of filter expressions, and others."""
AVRO_TYPES: list[Any] = [
    "string", "long", "int", "float", "double", "boolean", "null", "bytes", "date", 7, None, {}, [],
    ["null"], ["null", "string"], ["string", "null"], ["null", "int", "long"], {"type": "string"},
    {"type": "array", "items": "int"}, {"type": "enum", "name": "e", "symbols": ["A"]}, ["null", ["null",
    "string"]], "com.example.Other", "",
]  # fmt: skip


def arn(rng: Random, known: list[str]) -> str:
    """An ARN: of a resource, of one that does not exist, or nonsense."""
    base = rng.choice(known)
    return rng.choice(
        [
            base,
            base,
            base + rng.choice(["", "x", "/", "/1", "\n", " ", "*", "é", "\x00"]),
            base.replace("123456789012", "210987654321"),
            base.replace("eu-west-1", rng.choice(["us-east-1", "", "*", "eu-west-1/x"])),
            base.replace("arn:aws:", rng.choice(["arn:aws-cn:", "ARN:AWS:", "arn::", ""])),
            base[: rng.randrange(len(base) + 1)],
            "arn:aws:personalize:::recipe/"
            + rng.choice(["aws-sims", "aws-hrnn", "x", "", "aws-similar-items/1"]),
            "arn:aws:personalize:eu-west-1:123456789012:" + rng.choice(TEXTS)[:300],
            "arn:aws:personalize:eu-west-1:123456789012:" + rng.choice(["x" * 200, "é b", "a-" * 60]) + "/y",
            "arn:aws:personalize" + ":" * rng.choice([200, 236, 5000]) + "\n",
            "arn:aws:personalize:" + "a" * rng.choice([10, 200, 256, 400, 3000]) + ":1:campaign/x",
            rng.choice(TEXTS),
        ]
    )


def properties(rng: Random) -> Any:
    """The JSON text of an event's or a record's properties."""
    names = [
        "genres",
        "year",
        "color",
        "stock",
        "summary",
        "creationTimestamp",
        "age",
        "tier",
        "device",
        "minutes",
    ]
    names += [
        "heard",
        "value",
        "actionExpirationTimestamp",
        "eventValue",
        "EVENT_VALUE",
        "itemId",
        "userId",
        "timestamp",
    ]
    names += ["Genres", "GENRES", "g_e_n_r_e_s", "", "é", "x" * 300, "__proto__"]
    values = [
        *NUMBERS,
        *TEXTS[:40],
        None,
        [],
        {},
        ["a", "b"],
        [None],
        {"a": {"b": 1}},
        "a|b|c",
        "|".join(["x"] * 1200),
    ]
    if rng.random() < 0.15:
        return rng.choice([*ODD_JSON, *TEXTS])
    chosen = {rng.choice(names): rng.choice(values) for _ in range(rng.choice([0, 1, 1, 2, 3, 12]))}
    document = json.dumps(_long(chosen))
    return broken(rng, document) if rng.random() < 0.1 else document


def expression(rng: Random) -> str:
    """A filter expression, or words of one in any order."""
    good = [
        'INCLUDE ItemID WHERE Items.GENRES IN ("space", "love")',
        "EXCLUDE ItemID WHERE Items.YEAR < 1980 AND Items.STOCK != 3",
        "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES) | EXCLUDE ItemID WHERE Items.YEAR = 1",
        "INCLUDE ItemID WHERE Items.YEAR > 1950 IF CurrentUser.AGE > 18",
        'EXCLUDE UserID WHERE Users.AGE < 18 OR Users.TIER NOT IN ("gold")',
        'INCLUDE ActionID WHERE Actions.VALUE >= 2 AND Action_Interactions.EVENT_TYPE IN ("Taken")',
    ]
    if rng.random() < 0.5:
        return _changed_words(rng, rng.choice(good))
    if rng.random() < 0.1:
        return rng.choice(
            [good[0] + " AND Items.YEAR = 1" * rng.choice([5, 100, 600]), "(" * 3000, "NOT " * 900]
        )
    return " ".join(rng.choice(EXPRESSION_WORDS) for _ in range(rng.randrange(30)))


def schema(rng: Random) -> str:
    """An Avro schema that is nearly right."""
    kind = rng.choice(list(FIELDS))
    fields: list[Any] = [dict(one) for one in FIELDS[kind]]
    for _ in range(rng.choice([0, 1, 1, 2])):
        change = rng.randrange(8)
        one = rng.choice(fields)
        if change == 0:
            one["type"] = rng.choice(AVRO_TYPES)
        elif change == 1:
            one["name"] = rng.choice([*TEXTS[:25], "USER_ID", "user_id", "EVENT_TYPE", 7, None])
        elif change == 2:
            fields.append(
                rng.choice([{}, None, [], "x", dict(one), {"name": "N", "type": rng.choice(AVRO_TYPES)}])
            )
        elif change == 3:
            fields.remove(one)
            fields = fields or [{}]
        elif change == 4:
            one[rng.choice(["categorical", "textual", "default", "doc"])] = rng.choice(
                [True, "true", 1, None, {}]
            )
        elif change == 5:
            fields += [{"name": f"F{n}", "type": "float"} for n in range(rng.choice([5, 26, 110, 3000]))]
        elif change == 6:
            one.pop(rng.choice(list(one)))
        fields = [field if isinstance(field, dict) else {"name": "O", "type": field} for field in fields]
        fields = [field for field in fields if field] or [{}]
    document: Any = record(kind, fields)
    if rng.random() < 0.15:
        document[rng.choice(["type", "name", "namespace", "version", "fields"])] = rng.choice(
            [None, [], {}, 7, "x"]
        )
    if rng.random() < 0.05:
        document = rng.choice([[document], None, 7, {}, {"fields": fields}])
    text = json.dumps(document)
    return broken(rng, text) if rng.random() < 0.1 else text


def location(rng: Random) -> str:
    """An address in S3, or nearly one."""
    buckets = ["data", "lake", "out", "LAKE", "lake.", "a b", "", "xn--lake", "x" * 64, "arn:aws:s3:::lake"]
    keys = [
        "a.csv",
        "",
        "/",
        "//",
        "../lake/x",
        "./a",
        "a b.csv",
        "é.csv",
        "x" * 2000,
        "a\x00b",
        "%2e%2e/x",
        "a//b/",
    ]
    scheme = rng.choice(["s3://", "s3://", "s3://", "S3://", "s3:/", "s3a://", "https://", ""])
    return f"{scheme}{rng.choice(buckets)}/{rng.choice(keys)}"


def token(rng: Random) -> str:
    """A page token that no list returned."""
    inner = rng.choice(
        ["null", "{}", "[]", "1", '"x"', '{"position":"1 x"}', "1.0 arn:aws", "nan x", "1e999 x", "\x00"]
    )
    return rng.choice([base64.b64encode(inner.encode()).decode(), inner, "=" * 9, "é", "AAAA", *TEXTS[:12]])


def broken(rng: Random, text: str) -> str:
    """A text with a few characters removed, doubled or replaced."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(len(text) + 1)
        text = rng.choice(
            [
                text[:place] + text[place + 1 :],
                text[:place] + rng.choice('{}[]",:\\\x00é0-eN') + text[place:],
                text[:place] + text[max(0, place - 5) :],
                text[:place],
            ]
        )
    return text


def _changed_words(rng: Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(rng.choice([0, 1, 1, 2])):
        place = rng.randrange(len(words))
        words[place : place + rng.choice([0, 1, 1])] = [
            rng.choice([*EXPRESSION_WORDS, "IN ()", '("a"']) or "a"
        ]
    return " ".join(words)


def _long(value: dict[str, Any]) -> dict[str, Any]:
    """Integers that Python refuses to write as texts stay within what it writes."""
    return {
        name: one if not isinstance(one, int) or one < 10**4000 else 10**4000 for name, one in value.items()
    }


BY_MEMBER: dict[str, Callable[[Random], Any]] = {
    "properties": properties,
    "filterExpression": expression,
    "expression": lambda rng: rng.choice(
        ["SUM(Items.PRICE)", "SAMPLECOUNT()", "SUM(Items.YEAR)", *TEXTS[:30]]
    ),
    "schema": schema,
    "path": location,
    "dataLocation": location,
    "nextToken": token,
    "schedulingExpression": lambda rng: rng.choice(
        [
            "rate(1 day)",
            "rate(0 days)",
            "rate(99999999999 days)",
            "rate(1 hour)",
            "cron(* * * * ? *)",
            "rate()",
            *TEXTS[:20],
        ]
    ),
    "roleArn": lambda rng: rng.choice(
        [
            "arn:aws:iam::123456789012:role/Personalize",
            "arn:aws:iam::210987654321:role/x",
            "role/x",
            *TEXTS[:30],
        ]
    ),
}
"""Texts by the name of the member that contains them."""
