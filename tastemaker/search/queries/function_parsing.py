"""The body of a function_score query → a node."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tastemaker.search.errors import ParsingError, UnsupportedError
from tastemaker.search.queries.exact import MatchAll
from tastemaker.search.queries.function_score import (
    BOOST_MODES,
    DECAYS,
    MODIFIERS,
    SCORE_MODES,
    Decay,
    FieldValueFactor,
    FunctionScore,
    ScoreFunction,
)
from tastemaker.search.queries.node import Query
from tastemaker.search.queries.reading import Members

Parse = Callable[[Any], Query]
FUNCTIONS = ("field_value_factor", *DECAYS)
OTHER_FUNCTIONS = ("script_score", "random_score")


def parse_functions(parse: Parse, body: Any) -> FunctionScore:
    """Parse a function_score query, with one function or a list of them."""
    members = Members("function_score", body)
    query = parse(members.take("query")) if "query" in members else MatchAll()
    functions = [_function(parse, Members("function", one)) for one in members.values("functions")]
    alone = {name: members.take(name) for name in (*FUNCTIONS, *OTHER_FUNCTIONS, "weight") if name in members}
    if alone:
        if functions:
            raise ParsingError("[function_score] has [functions] and a function beside them")
        functions = [_function(parse, Members("function_score", alone))]
    found = FunctionScore(
        query,
        tuple(functions),
        score_mode=members.choice("score_mode", SCORE_MODES, "multiply"),
        boost_mode=members.choice("boost_mode", BOOST_MODES, "multiply"),
        max_boost=members.number("max_boost", math.inf),
        min_score=members.number("min_score", 0.0) if "min_score" in members else None,
        boost=members.number("boost", 1.0),
    )
    members.end()
    return found


def _function(parse: Parse, members: Members) -> ScoreFunction:
    where = parse(members.take("filter")) if "filter" in members else None
    weight = members.number("weight", 1.0) if "weight" in members else None
    function: FieldValueFactor | Decay | None = None
    for other in OTHER_FUNCTIONS:
        if other in members:
            raise UnsupportedError(
                f"The embedded index does not have the score function [{other}]. "
                f"It has {', '.join(FUNCTIONS)}."
            )
    if "field_value_factor" in members:
        function = _factor(Members("field_value_factor", members.take("field_value_factor")))
    for name in DECAYS:
        if name in members:
            function = _decay(name, Members(name, members.take(name)))
    members.end()
    if function is None and weight is None:
        raise ParsingError("[function_score] an entry of [functions] has neither a function nor a weight")
    return ScoreFunction(function, where, weight)


def _factor(members: Members) -> FieldValueFactor:
    found = FieldValueFactor(
        str(members.required("field")),
        members.number("factor", 1.0),
        members.choice("modifier", tuple(MODIFIERS), "none"),
        members.number("missing", 0.0) if "missing" in members else None,
    )
    members.end()
    return found


def _decay(name: str, members: Members) -> Decay:
    members.ignore("multi_value_mode")
    field, about = members.single()
    limits = Members(f"{name} of {field}", about)
    limits_given = Decay(
        name,
        field,
        origin=float(limits.number("origin", math.nan)),
        scale=limits.number("scale", math.nan),
        offset=limits.number("offset", 0.0),
        decay=limits.number("decay", 0.5),
    )
    limits.end()
    if math.isnan(limits_given.origin) or not limits_given.scale > 0 or not 0 < limits_given.decay < 1:
        raise ParsingError(
            f"[{name}] of [{field}] needs [origin], a [scale] above 0 and a [decay] between 0 and 1"
        )
    return limits_given
