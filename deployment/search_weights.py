"""Which weight of a search pipeline clicks speak for: `python -m deployment.search_weights --group products`.

Clicks are the events of the last days that name a search by its recommendation ID. What each search showed,
and in which order both rankings had its hits, is in the log of searches (`search.logDays` of the stage). The
method and its sources are in `tastemaker/search/learning/weights.py`. Nothing is changed.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.command import FINDINGS, SUCCESS, CommandError, Console, main, parser, table
from infrastructure.stage import load
from tastemaker.contracts.api_endpoint import LAKE_BUCKET, MissingOutputError, outputs_of
from tastemaker.contracts.lake_layout import GROUPS, GroupFolder, events_of_day
from tastemaker.contracts.streamed_event import MissingColumnError, stored_columns
from tastemaker.search.learning.shown import LOG_KEY, LOG_MEMBER, ShownSearch
from tastemaker.search.learning.weights import Click, NoClicksError, Ranked, Report

MAX_KEYS = 100
"""Keys of one BatchGetItem."""
MEMBERS = ("recommendationId", "itemId", "userId", "sessionId", "eventType", "sentAt")
BIASES = (0.0, 0.5, 1.0, 1.5)
"""How fast attention may fall with the place: none, slowly, as most studies find it, fast."""


@dataclass(frozen=True)
class Found:
    """A click in the lake: which answer it names, who chose what, and when (seconds since 1970)."""

    recommendation_id: str
    item: str
    user: str
    at: int


def clicks_of_day(
    s3: Any, bucket: str, group: str, day: str, event_types: Collection[str]
) -> Iterator[Found]:
    """The events of one day (`yyyy/MM/dd`) that name an answer. `event_types` empty means all types."""
    import pyarrow.parquet as pq  # half a second: only when there is something to read

    for folder in _folders(s3, bucket, group):
        prefix = events_of_day(GroupFolder(folder).events, day)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith(".parquet"):
                    continue
                body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                file = pq.ParquetFile(io.BytesIO(body))
                stored = stored_columns(MEMBERS, file.schema_arrow.names, entry["Key"])
                for values in file.read(columns=list(stored.values())).to_pylist():
                    row = {member: values[column] for member, column in stored.items()}
                    is_chosen = not event_types or row["eventType"] in event_types
                    if row.get("recommendationId") and row["itemId"] and is_chosen:
                        user = row["userId"] or row["sessionId"]
                        yield Found(row["recommendationId"], row["itemId"], user, row["sentAt"])


def _folders(s3: Any, bucket: str, group: str) -> list[str]:
    """The folders of a dataset group: its name, with any data ID."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{GROUPS}{group}", Delimiter="/")
    names = [one["Prefix"].removeprefix(GROUPS).rstrip("/") for one in found.get("CommonPrefixes", ())]
    return [name for name in names if name.partition(".")[0] == group]


def searches_of(dynamodb: Any, table_name: str, ids: Sequence[str]) -> dict[str, ShownSearch]:
    """The logged searches by recommendation ID. Those that are not in the log are left out."""
    found: dict[str, ShownSearch] = {}
    for start in range(0, len(ids), MAX_KEYS):
        keys = [{"version": {"S": one}, "key": {"S": LOG_KEY}} for one in ids[start : start + MAX_KEYS]]
        while keys:
            answer = dynamodb.batch_get_item(RequestItems={table_name: {"Keys": keys}})
            for row in answer["Responses"].get(table_name, []):
                shown = ShownSearch.decoded(row[LOG_MEMBER]["B"])
                found[shown.recommendation_id] = shown
            keys = answer.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", [])
    return found


def collect(
    s3: Any,
    dynamodb: Any,
    stores: Mapping[str, str],
    arguments: argparse.Namespace,
    now: float,
) -> list[Click]:
    """The clicks of the last days on searches of the log. Raises CommandError if there are none.

    An item that one user chose several times in one search counts once.
    """
    if not _folders(s3, stores[LAKE_BUCKET], arguments.group):
        raise CommandError(
            f"The lake has no data of a dataset group {arguments.group}.", "Name the group with --group."
        )
    newest = datetime.fromtimestamp(now, UTC)
    days = [f"{newest - timedelta(days=back):%Y/%m/%d}" for back in range(arguments.days, -1, -1)]
    found = {
        (one.recommendation_id, one.item, one.user): one
        for day in days
        for one in clicks_of_day(s3, stores[LAKE_BUCKET], arguments.group, day, arguments.event_type)
    }
    ids = list(dict.fromkeys(one.recommendation_id for one in found.values()))
    searches = searches_of(dynamodb, stores["RecommendationsTable"], ids)
    clicks = [
        Click(one.user, searches[one.recommendation_id], one.item)
        for one in found.values()
        if one.recommendation_id in searches
    ]
    chosen = [
        click for click in clicks if not arguments.source or click.search.source.startswith(arguments.source)
    ]
    if not chosen:
        raise CommandError(
            f"{len(found):,} events of the last {arguments.days} days name an answer, and {len(clicks):,} of "
            "them a search of the log" + (f", none of them {arguments.source}." if clicks else "."),
            "Set search.logDays in the stage, send events with the recommendation ID of the search "
            "(docs/search.md), and wait until Firehose has delivered them.",
        )
    return chosen


def describe(report: Report, others: Sequence[Report], searches: int) -> str:
    """The report as text."""
    lines = [
        f"{report.clicks:,} clicks of {report.users:,} users in {searches:,} searches"
        + (f"; {report.left_out:,} clicks on items that the log does not show" if report.left_out else ""),
        "",
    ]
    rows = [("weight", "MRR", "95 % interval", "gain over what was shown", "best in")]
    for one in report.estimates:
        gain = f"{one.gain.value:+.3f} ({one.gain.low:+.3f} to {one.gain.high:+.3f})"
        mrr = (f"{one.mrr.value:.3f}", f"{one.mrr.low:.3f} to {one.mrr.high:.3f}")
        rows.append((f"{one.weight:g}", *mrr, gain, f"{one.best_share:.0%}"))
    lines += [table(rows, right=(0, 1, 4)), ""]
    best = report.best
    if report.is_sure:
        lines.append(f"Weight {best.weight:g} would have shown clicked items earlier than what was shown.")
    else:
        lines.append(
            f"Weight {best.weight:g} has the highest estimate, but no weight is surely better than what was "
            "shown. Collect more clicks."
        )
    choices = ", ".join(f"{one.bias:g}: {one.best.weight:g}" for one in others)
    lines.append(f"Best weight by how fast attention falls with the place (--bias): {choices}")
    return "\n".join(lines)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Estimate the weights of the stage's searches."""
    stage = load(arguments.stage)
    session = boto3.Session(region_name=stage.region or None)
    try:
        (stack,) = session.client("cloudformation").describe_stacks(StackName=stage.stack_name)["Stacks"]
        stores = outputs_of(stack, (LAKE_BUCKET, "RecommendationsTable"))
        clicks = collect(session.client("s3"), session.client("dynamodb"), stores, arguments, time.time())
        ranked = Ranked.of(clicks)
        report = ranked.estimate(arguments.bias)
        others = [ranked.estimate(bias, samples=1) for bias in BIASES]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS refused: {error}", "Check the stage, the region and permissions.") from error
    except MissingOutputError as error:
        raise CommandError(str(error), "Deploy it again.") from error
    except MissingColumnError as error:
        raise CommandError(str(error), "Remove the file from the lake, or write it again.") from error
    except NoClicksError as error:
        raise CommandError(str(error), "Send events with the items that the search returned.") from error
    searches = len({click.search.recommendation_id for click in clicks})
    if arguments.json:
        found = asdict(report) | {"searches": searches, "best": report.best.weight, "sure": report.is_sure}
        console.json(found | {"bestByBias": {f"{one.bias:g}": one.best.weight for one in others}})
    else:
        console.result(describe(report, others, searches))
    return SUCCESS if report.is_sure else FINDINGS


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = parser(
        "deployment.search_weights",
        "Estimate which weight of a search pipeline would have shown clicked items first.",
    )
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    made.add_argument("--group", required=True, help="the dataset group whose events are read")
    made.add_argument("--days", type=int, default=14, help="how many days of events (default: 14)")
    made.add_argument("--source", default="", help="only searches of this source, such as search/shop/")
    made.add_argument("--event-type", action="append", default=[], help="only events of this type")
    made.add_argument(
        "--bias", type=float, default=1.0, help="users look at place k with probability k^-BIAS (default: 1)"
    )
    return made


if __name__ == "__main__":
    sys.exit(main(arguments(), run))
