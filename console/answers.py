"""Answers of campaigns and recommenders, and how two lists differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from console.api import Api
from console.resources import Endpoint

RESULTS = 25
RANKED = 25
"""How many popular items a ranking orders."""


@dataclass(frozen=True)
class Entry:
    """One item of a list. `because` are the events that made it likely, strongest first."""

    item_id: str
    score: float | None
    promotion: str
    reasons: Sequence[str]
    because: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What an endpoint has answered, or its error."""

    endpoint: Endpoint
    entries: Sequence[Entry] = ()
    error: str = ""
    source: str = ""

    @property
    def ids(self) -> list[str]:
        """The items, in order."""
        return [entry.item_id for entry in self.entries]

    @property
    def scores(self) -> list[float]:
        """The scores of the items that have one."""
        return [entry.score for entry in self.entries if entry.score is not None]

    @property
    def named_ids(self) -> list[str]:
        """The items, and those that the reasons name."""
        return self.ids + [event["itemId"] for entry in self.entries for event in entry.because]


def ask_endpoint(api: Api, endpoint: Endpoint, subject: str, controls: Mapping[str, Any]) -> Answer:
    """Ask for recommendations. An error of the request becomes a part of the answer."""
    try:
        if endpoint.ranks:
            return _ranked(api, endpoint, subject, controls)
        if "next-best-action" in endpoint.recipe:
            return _actions(api, endpoint, subject, controls)
        return _recommended(api, endpoint, subject, controls)
    except ClientError as error:
        return Answer(endpoint, error=error.response["Error"]["Message"])


def _recommended(api: Api, endpoint: Endpoint, subject: str, controls: Mapping[str, Any]) -> Answer:
    values = quoted(controls["placeholders"])
    promotion = {
        "name": "console",
        "percentPromotedItems": controls["percent"],
        "filterArn": controls["promotion_arn"],
        "filterValues": values,
    }
    answer = api.call(
        "personalize-runtime",
        "GetRecommendations",
        **{endpoint.member: endpoint.arn, "itemId" if endpoint.needs_item else "userId": subject},
        **({"userId": controls["viewer"]} if endpoint.needs_viewer else {}),
        numResults=RESULTS,
        filterArn=controls["filter_arn"],
        filterValues=values if controls["filter_arn"] else None,
        context=_given(controls["columns"]),
        promotions=[_given(promotion)] if controls["promotion_arn"] else None,
        explain=None if endpoint.needs_item else True,
    )
    return Answer(endpoint, _entries(answer["itemList"], answer), source=answer.get("source", ""))


def _ranked(api: Api, endpoint: Endpoint, subject: str, controls: Mapping[str, Any]) -> Answer:
    """The most popular items, ranked for a user."""
    popular = api.own("FindItems", **{endpoint.member: endpoint.arn}, maxResults=RANKED)["items"]
    answer = api.call(
        "personalize-runtime",
        "GetPersonalizedRanking",
        campaignArn=endpoint.arn,
        userId=subject,
        inputList=[item["itemId"] for item in popular],
        filterArn=controls["filter_arn"],
        filterValues=quoted(controls["placeholders"]) if controls["filter_arn"] else None,
        context=_given(controls["columns"]),
    )
    return Answer(endpoint, _entries(answer["personalizedRanking"], answer))


def _actions(api: Api, endpoint: Endpoint, subject: str, controls: Mapping[str, Any]) -> Answer:
    answer = api.call(
        "personalize-runtime",
        "GetActionRecommendations",
        campaignArn=endpoint.arn,
        userId=subject,
        numResults=5,
        filterArn=controls["filter_arn"],
    )
    listed = [{"itemId": one["actionId"], "score": one.get("score")} for one in answer["actionList"]]
    return Answer(endpoint, _entries(listed, answer))


def _entries(listed: Sequence[Mapping[str, Any]], answer: Mapping[str, Any]) -> list[Entry]:
    because = {one["itemId"]: one.get("because", ()) for one in answer.get("explanations", ())}
    return [
        Entry(
            one["itemId"],
            one.get("score"),
            one.get("promotionName", ""),
            one.get("reason", ()),
            because.get(one["itemId"], ()),
        )
        for one in listed
    ]


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, {})}


def quoted(values: Mapping[str, str]) -> dict[str, str]:
    """Values of a filter's placeholders, as the API wants them: in quotation marks, separated by commas."""
    return {
        name: ",".join(f'"{part.strip()}"' for part in value.split(",") if part.strip())
        for name, value in values.items()
        if value
    }


@dataclass(frozen=True)
class Changes:
    """How a list differs from an earlier one. `moves` has the places by which an item rose."""

    new: frozenset[str] = frozenset()
    moves: Mapping[str, int] = field(default_factory=dict)
    gone: Sequence[str] = ()

    @property
    def count(self) -> int:
        """How many items are new or have moved."""
        return len(self.new) + sum(move != 0 for move in self.moves.values())


def changes(before: Sequence[str], after: Sequence[str]) -> Changes:
    """How `after` differs from `before`."""
    place = {item: at for at, item in enumerate(before)}
    return Changes(
        frozenset(item for item in after if item not in place),
        {item: place[item] - at for at, item in enumerate(after) if item in place},
        [item for item in before if item not in set(after)],
    )


def differences(answers: Sequence[Answer]) -> list[dict[str, int]]:
    """For each answer, the place of each of its items in the other one, from 1; empty for one answer."""
    if len(answers) != 2:
        return [{} for _ in answers]
    places = [{item: at for at, item in enumerate(answer.ids, 1)} for answer in answers]
    return [places[1], places[0]]
