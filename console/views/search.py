"""Search: the same words with and without personalization, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from console.page import Page, view
from console.resources import Endpoint, endpoints, optional
from console.searching import Hits, body_of, personalized, search
from tastemaker.schemas.naming import IMAGE_COLUMNS, fold

TEXT_TYPES = ("string",)
WEIGHTS = ("0.3", "0.5", "0.7", "0.9")


@view
def searches(page: Page) -> Response:
    """The form, and both lists if there is a text."""
    known = [one for one in endpoints(page.api, page.group_arn) if one.active]
    rankers = [one for one in known if one.ranks]
    ranker = next((one for one in rankers if one.name == page.asked("campaign")), None)
    ranker = ranker or (rankers[0] if rankers else None)
    fields = _text_fields(page)
    text, user = page.asked("text"), page.asked("user")
    weight = page.asked("weight") if page.asked("weight") in WEIGHTS else "0.5"
    found: dict[str, Any] = {"plain": None, "ranked": None, "items": {}}
    if text and fields:
        found = _found(page, text, user, weight, fields, ranker, known)
    return page.render(
        "search.html",
        section="search",
        text=text,
        user=user,
        weight=weight,
        weights=WEIGHTS,
        fields=fields,
        rankers=rankers,
        ranker=ranker,
        **found,
    )


def _found(
    page: Page,
    text: str,
    user: str,
    weight: str,
    fields: list[str],
    ranker: Endpoint | None,
    known: list[Endpoint],
) -> dict[str, Any]:
    body = body_of(text, fields)
    plain = search(page.api, page.group, body)
    ranked: Hits | None = None
    if ranker is not None and user:
        region = page.target.region
        ranked = search(
            page.api,
            page.group,
            personalized(body, ranker.arn, ranker.recipe, user, weight, region),
        )
    ids = list(dict.fromkeys([*plain.ids, *(ranked.ids if ranked else ())]))
    items: Mapping[str, Any] = {}
    if ids and known:
        about = {known[0].member: known[0].arn}
        answer = optional(page.api, "tastemaker", "FindItems", **about, itemIds=ids)
        items = {one["itemId"]: one for one in answer.get("items", ())}
    places = {item: at for at, item in enumerate(plain.ids, 1)}
    return {"plain": plain, "ranked": ranked, "items": items, "places": places}


def _text_fields(page: Page) -> list[str]:
    """The columns of the items with text that people search."""
    datasets = page.api.personalize("ListDatasets", datasetGroupArn=page.group_arn)["datasets"]
    arn = next((one["datasetArn"] for one in datasets if one["datasetType"] == "ITEMS"), None)
    if arn is None:
        return []
    schema = page.api.personalize("DescribeDataset", datasetArn=arn)["dataset"]["schemaArn"]
    text = page.api.personalize("DescribeSchema", schemaArn=schema)["schema"]["schema"]
    found = []
    for field in json.loads(text)["fields"]:
        types = [field["type"]] if isinstance(field["type"], str) else field["type"]
        if field["name"] == "ITEM_ID" or fold(field["name"]) in IMAGE_COLUMNS:
            continue
        if any(one in TEXT_TYPES for one in types):
            found.append(str(field["name"]))
    return found


ROUTES = [("GET", "/groups/{group}/search", searches)]
