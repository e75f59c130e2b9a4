"""`recommend`, `similar`, `rank` and `search`: what the models answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cli import names
from cli.asking import (
    CAMPAIGN,
    CONTEXT,
    COUNT,
    FILTER,
    RECOMMENDER,
    VALUES,
    choose_campaign,
    filter_and_context,
)
from cli.connection import Connection, connected
from cli.errors import CommandError
from cli.item_names import ItemNames, found_in_index, group_of_campaign, of_campaign, of_group
from cli.output import Output

COLUMNS = click.option(
    "--columns", default="", metavar="A,B", help="Columns of the items to show. [default: their names]"
)


@click.command()
@click.argument("user")
@CAMPAIGN
@RECOMMENDER
@COUNT
@FILTER
@VALUES
@CONTEXT
@COLUMNS
@click.option("--explain", is_flag=True, help="Say which events of the user speak for each item.")
@connected
def recommend(
    connection: Connection,
    output: Output,
    user: str,
    explain: bool,
    **options: Any,
) -> None:
    """Recommend items to USER.

    \b
    Examples:
      tastemaker recommend ann
      tastemaker recommend ann --campaign shop-for-you -n 25 --filter not-bought
      tastemaker recommend ann --context DEVICE=phone --explain
    """
    extra: dict[str, Any] = {"userId": user}
    if explain:
        extra["explain"] = True
    _list(
        connection,
        output,
        f"Recommended for {user}",
        ("USER_PERSONALIZATION", "POPULAR_ITEMS"),
        extra,
        **options,
    )


@click.command()
@click.argument("item")
@CAMPAIGN
@RECOMMENDER
@COUNT
@FILTER
@VALUES
@COLUMNS
@connected
def similar(connection: Connection, output: Output, item: str, **options: Any) -> None:
    """Find items that are similar to ITEM.

    \b
    Examples:
      tastemaker similar film-42
      tastemaker similar film-42 --campaign shop-similar --columns TITLE,PRICE
    """
    _list(
        connection, output, f"Similar to {item}", ("RELATED_ITEMS",), {"itemId": item}, context=(), **options
    )


def _list(
    connection: Connection,
    output: Output,
    title: str,
    recipe_types: Sequence[str],
    extra: Mapping[str, Any],
    *,
    campaign: str,
    recommender: str,
    count: int,
    filter_name: str,
    values: Sequence[str],
    context: Sequence[str],
    columns: str,
) -> None:
    request: dict[str, Any] = {"numResults": count, **extra}
    if recommender:
        request["recommenderArn"] = names.resolve(connection, names.RECOMMENDER, recommender)
        item_names = ItemNames()
    else:
        chosen = choose_campaign(connection, campaign, recipe_types)
        request["campaignArn"] = chosen
        item_names = of_campaign(connection, chosen)
    request.update(filter_and_context(connection, filter_name, values, context))
    shown = [name.strip().upper() for name in columns.split(",") if name.strip()] or list(item_names.columns)
    if shown and (columns or item_names.in_answers):
        request["metadataColumns"] = {"ITEMS": shown[:10]}
        request["numResults"] = min(count, 50)
    answer = connection.client("personalize-runtime").get_recommendations(**request)
    if output.as_json:
        answer.pop("ResponseMetadata", None)
        output.json(answer)
    elif not answer["itemList"]:
        output.note(
            "The list is empty. If a filter is given, it removes every item: tastemaker filter test …"
        )
    else:
        _show(connection, output, title, request, answer, shown, item_names)


def _show(
    connection: Connection,
    output: Output,
    title: str,
    request: Mapping[str, Any],
    answer: Mapping[str, Any],
    shown: Sequence[str],
    item_names: ItemNames,
) -> None:
    """Show the items of an answer with their columns or names, and what explains them."""
    items = answer["itemList"]
    explained = answer.get("explanations") or []
    if "campaignArn" in request and ("metadataColumns" not in request or explained):
        listed = [item["itemId"] for item in items]
        listed += [one["itemId"] for each in explained for one in each.get("because", []) if "itemId" in one]
        group = group_of_campaign(connection, request["campaignArn"])
        item_names = found_in_index(connection, group, list(dict.fromkeys(listed)))
    by = request.get("campaignArn") or request["recommenderArn"]
    output.heading(f"{title}, by {by.rpartition('/')[-1]}")
    _table(output, items, shown if "metadataColumns" in request else [], item_names)
    _explanations(output, explained, item_names)
    if answer.get("source"):
        output.note(f"Answered from a precomputed list: {answer['source']}")


def _table(
    output: Output, items: Sequence[Mapping[str, Any]], columns: Sequence[str], item_names: ItemNames
) -> None:
    scored = any("score" in item for item in items)
    head = ["", "item", *([] if columns else ["name"] if item_names.names else []), *columns]
    rows = []
    for place, item in enumerate(items, 1):
        metadata = {name.upper(): value for name, value in (item.get("metadata") or {}).items()}
        row = [str(place), item["itemId"]]
        row += [metadata.get(name, "") for name in columns]
        if not columns and item_names.names:
            row.append(item_names.names.get(item["itemId"], ""))
        row += [f"{item['score']:.4f}" if "score" in item else ""] if scored else []
        row.append(" ".join(item.get("reason", [])) or item.get("promotionName", ""))
        rows.append(row)
    head += ["score"] if scored else []
    head.append("")
    output.table(head, rows, right=[0, len(head) - 2] if scored else [0])


def _explanations(output: Output, found: Sequence[Mapping[str, Any]], item_names: ItemNames) -> None:
    if not found:
        return
    output.heading("Because of these events of the user")
    for one in found:
        reasons = ", ".join(
            f"{reason.get('eventType', 'event')} {item_names.of(str(reason.get('itemId', '')))}"
            for reason in one.get("because", [])
        )
        output.line(f"  {item_names.of(str(one['itemId']))}: {reasons or 'no single event'}")


@click.command()
@click.argument("user")
@click.argument("items", nargs=-1, required=True)
@CAMPAIGN
@FILTER
@VALUES
@CONTEXT
@connected
def rank(
    connection: Connection,
    output: Output,
    user: str,
    items: Sequence[str],
    campaign: str,
    filter_name: str,
    values: Sequence[str],
    context: Sequence[str],
) -> None:
    """Put ITEMS into the order that USER prefers.

    \b
    Example:
      tastemaker rank ann film-1 film-2 film-3
    """
    chosen = choose_campaign(connection, campaign, ("PERSONALIZED_RANKING",))
    request: dict[str, Any] = {"campaignArn": chosen, "userId": user, "inputList": list(items)}
    request.update(filter_and_context(connection, filter_name, values, context))
    item_names = of_campaign(connection, chosen)
    if item_names.in_answers and item_names.columns:
        request["metadataColumns"] = {"ITEMS": list(item_names.columns)}
    answer = connection.client("personalize-runtime").get_personalized_ranking(**request)
    if output.as_json:
        answer.pop("ResponseMetadata", None)
        output.json(answer)
        return
    output.heading(f"In the order of {user}, by {chosen.rpartition('/')[-1]}")
    columns = list(item_names.columns) if "metadataColumns" in request else []
    _table(output, answer["personalizedRanking"], columns, item_names)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--group", default="", metavar="NAME", help="Dataset group whose items are searched.")
@click.option("--user", default="", help="Order the hits for this user.")
@click.option("--campaign", default="", metavar="NAME", help="Ranking campaign for --user.")
@click.option(
    "--weight", default=0.7, show_default=True, type=click.FloatRange(0, 1), help="Weight of the user."
)
@COUNT
@connected
def search(
    connection: Connection,
    output: Output,
    words: Sequence[str],
    group: str,
    user: str,
    campaign: str,
    weight: float,
    count: int,
) -> None:
    """Search the items by WORDS, as OpenSearch clients do.

    \b
    Examples:
      tastemaker search running shoes
      tastemaker search running shoes --user ann --weight 0.5
    """
    group_arn = names.only(connection, names.GROUP, group, "--group")
    index = group_arn.rsplit("/", 1)[-1]
    body: dict[str, Any] = {
        "query": {"multi_match": {"query": " ".join(words), "fields": ["*"]}},
        "size": count,
    }
    if user:
        processor = {
            "campaign_arn": choose_campaign(connection, campaign, ("PERSONALIZED_RANKING",)),
            "recipe": "aws-personalized-ranking-v2",
            "weight": str(weight),
            "window": max(100, count),
            "aws_region": connection.session.region_name,
        }
        body["search_pipeline"] = {"response_processors": [{"personalized_search_ranking": processor}]}
        body["ext"] = {"personalize_request_parameters": {"user_id": user}}
    response = connection.http("POST", f"/search/{index}/_search", json.dumps(body).encode())
    answer = json.loads(response.content or b"{}")
    if response.status_code != 200:
        reason = (answer.get("error") or {}).get("reason") or answer.get("message") or response.status_code
        raise CommandError(f"The search was refused: {reason}", "docs/search.md says what a search needs.")
    if output.as_json:
        output.json(answer)
        return
    hits = answer["hits"]["hits"]
    output.heading(f"{answer['hits']['total']['value']:,} hits{f', ordered for {user}' if user else ''}")
    columns = of_group(connection, group_arn).columns
    rows = [
        [str(place), hit["_id"], *(_source(hit, name) for name in columns), f"{hit['_score'] or 0:.3f}"]
        for place, hit in enumerate(hits, 1)
    ]
    head = ["", "item", *columns, "score"]
    output.table(head, rows, right=[0, len(head) - 1])


def _source(hit: Mapping[str, Any], name: str) -> str:
    value = (hit.get("_source") or {}).get(name, "")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
