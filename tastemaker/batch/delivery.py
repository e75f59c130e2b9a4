"""Files of messages for e-mail tools, and who gets no message.

    CSV        USER_ID,ADDRESS,SENT_AT,TEXT,ITEM_IDS     one row for each message
    SES_BULK   one request of Amazon SES's SendBulkEmail a line, with at most 50 recipients

SENT_AT is the time of the job. So the CSV files of earlier jobs are the log that the frequency cap reads.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tastemaker.batch import lines
from tastemaker.batch.lines import BadLine

CSV, SES_BULK = "CSV", "SES_BULK"
CSV_COLUMNS = ("USER_ID", "ADDRESS", "SENT_AT", "TEXT", "ITEM_IDS")
SES_RECIPIENTS = 50
"""The recipients of one SendBulkEmail request (SES quotas)."""
MAX_USERS_PER_LINE = 10_000
"""The users of one line of a segment job's output. One function answers them all."""
DAY = 86_400

Line = tuple[Any, lines.Question | None, str | None]


def expanded(line: Line) -> list[Line]:
    """One line for each user, if the line is of a segment job's output; otherwise the line itself."""
    echo, question, error = line
    output = question.get("output") if question is not None else None
    users = output.get("usersList") if isinstance(output, dict) else None
    if not isinstance(users, list):
        return [line]
    if len(users) > MAX_USERS_PER_LINE:
        reason = f"The segment has {len(users):,} users; a line may have {MAX_USERS_PER_LINE:,}."
        return [(echo, None, reason)]
    return [({"userId": user}, {"userId": user}, error) for user in users]


class Audience:
    """Who gets no message: users who unsubscribed, and users who have had as many as the cap allows."""

    def __init__(self, unsubscribed: Iterable[str] = (), capped: Iterable[str] = ()) -> None:
        self.unsubscribed, self.capped = frozenset(unsubscribed), frozenset(capped)

    def check(self, user: str | None) -> None:
        """Raise BadLine if the user gets no message."""
        if user in self.unsubscribed:
            raise BadLine("No message: the user has unsubscribed.")
        if user in self.capped:
            raise BadLine("No message: the user has had as many messages as the frequency cap allows.")

    def to_json(self) -> str:
        return json.dumps({"unsubscribed": sorted(self.unsubscribed), "capped": sorted(self.capped)})

    @classmethod
    def from_json(cls, text: str) -> Audience:
        """The audience that `to_json` wrote."""
        return cls(**json.loads(text))


def capped_users(sent: Iterable[Mapping[str, str]], config: Mapping[str, Any], now: int) -> set[str]:
    """The users who had `maxMessages` messages in the last `days`, by the rows of earlier CSV files."""
    since = now - int(config.get("days", 7)) * DAY
    counted: Counter[str] = Counter()
    for row in sent:
        at = row.get("SENT_AT", "")
        if at.isdigit() and since < int(at) < now:  # rows of this job are of an earlier attempt
            counted[row["USER_ID"]] += 1
    most = int(config.get("maxMessages", 1))
    return {user for user, count in counted.items() if count >= most}


def messages_of(part: Iterable[bytes]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The user and the message of each answered line of a part."""
    for line in part:
        document = json.loads(line)
        output = document["output"]
        if output is not None:
            yield document["input"].get("userId") or document["input"].get("itemId") or "", output["message"]


def csv_file(messages: Iterable[tuple[str, Mapping[str, Any]]], now: int) -> Iterator[bytes]:
    """The rows of a CSV file, with a header. A cell never begins as a formula of a spreadsheet does."""
    yield _row(CSV_COLUMNS)
    for user, message in messages:
        ids = "|".join(message["itemIds"])
        yield _row((user, message.get("address", ""), str(now), _plain(message["text"]), ids))


def ses_file(messages: Iterable[tuple[str, Mapping[str, Any]]], config: Mapping[str, Any]) -> Iterator[bytes]:
    """Requests of SendBulkEmail, one a line. Users without an address get none."""
    entries: list[dict[str, Any]] = []
    for user, message in messages:
        if not message.get("address"):
            continue
        data = {"userId": user, "text": message["text"], "itemIds": message["itemIds"]}
        content = {"ReplacementTemplateData": json.dumps(data, ensure_ascii=False)}
        entries.append(
            {
                "Destination": {"ToAddresses": [message["address"]]},
                "ReplacementEmailContent": {"ReplacementTemplate": content},
            }
        )
        if len(entries) == SES_RECIPIENTS:
            yield _ses_request(entries, config)
            entries = []
    if entries:
        yield _ses_request(entries, config)


def _ses_request(entries: list[dict[str, Any]], config: Mapping[str, Any]) -> bytes:
    template = {"TemplateName": config.get("templateName", "tastemaker"), "TemplateData": "{}"}
    request = {"DefaultContent": {"Template": template}, "BulkEmailEntries": entries}
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _row(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
