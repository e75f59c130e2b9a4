"""Files of messages for e-mail tools, and who gets no message.

    CSV        USER_ID,ADDRESS,SENT_AT,TEXT,ITEM_IDS     one row for each message
    SES_BULK   one request of Amazon SES's SendBulkEmail a line, with at most 50 recipients

SENT_AT is the time of the job. So the CSV files of earlier jobs are the log that the frequency cap reads.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from tastemaker.batch import lines
from tastemaker.batch.lines import BadLine

CSV, SES_BULK = "CSV", "SES_BULK"
CSV_COLUMNS = ("USER_ID", "ADDRESS", "SENT_AT", "TEXT", "ITEM_IDS")
SES_RECIPIENTS = 50
"""The recipients of one SendBulkEmail request (SES quotas)."""
MAX_USERS_PER_LINE = 10_000
"""The users of one line of a segment job's output. One function answers them all."""
DAY = 86_400
WITHHELD = "No message:"
"""How the error of a line begins whose user gets no message on purpose."""

Line = tuple[Any, lines.Question | None, str | None]


@dataclass(frozen=True)
class Split:
    """Makes one line for each user of a line of a segment job's output, and leaves other lines as they are.

    `part` of `parts` is the slice of the users that a shard answers. `first` has the users whom several lines
    name, with the place (file, byte) of the first one: they get one message.
    """

    part: int = 0
    parts: int = 1
    first: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def __call__(self, line: Line, place: Sequence[int]) -> list[Line]:
        echo, question, error = line
        users = users_of(question)
        if users is None:
            return [line] if crc32(repr(echo).encode("utf-8", "replace")) % self.parts == self.part else []
        if len(users) > MAX_USERS_PER_LINE:
            reason = f"The segment has {len(users):,} users; a line may have {MAX_USERS_PER_LINE:,}."
            return [(echo, None, reason)] if self.part == 0 else []
        start, end = (len(users) * number // self.parts for number in (self.part, self.part + 1))
        return [self._of_user(user, place, error) for user in users[start:end]]

    def _of_user(self, user: Any, place: Sequence[int], error: str | None) -> Line:
        question = {"userId": user}
        if isinstance(user, str) and list(self.first.get(user, place)) != list(place):
            return question, None, f"{WITHHELD} an earlier line of the job names the same user."
        return question, question, error


def users_of(question: lines.Question | None) -> list[Any] | None:
    """The users of a line of a segment job's output, each once; None if it is another line."""
    output = question.get("output") if question is not None else None
    users = output.get("usersList") if isinstance(output, dict) else None
    if not isinstance(users, list):
        return None
    return list({repr(user): user for user in users}.values())


def repeated_users(lines_with_places: Iterable[tuple[Sequence[int], bytes]]) -> dict[str, Sequence[int]]:
    """The users whom several lines of segment jobs name, each with the place of the first one."""
    places: list[Sequence[int]] = []
    seen: dict[str, int] = {}
    found: dict[str, Sequence[int]] = {}
    for place, line in lines_with_places:
        _, question, _ = lines.read(line)
        places.append(place)
        for user in users_of(question) or ():
            if isinstance(user, str) and seen.setdefault(user, len(places) - 1) != len(places) - 1:
                found[user] = places[seen[user]]
    return found


class Audience:
    """Who gets no message: users who unsubscribed, and users who have had as many as the cap allows."""

    def __init__(self, unsubscribed: Iterable[str] = (), capped: Iterable[str] = ()) -> None:
        self.unsubscribed, self.capped = frozenset(unsubscribed), frozenset(capped)

    def check(self, user: str | None) -> None:
        """Raise BadLine if the user gets no message."""
        if user in self.unsubscribed:
            raise BadLine(f"{WITHHELD} the user has unsubscribed.")
        if user in self.capped:
            raise BadLine(f"{WITHHELD} the user has had as many messages as the frequency cap allows.")

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
            counted[cell_text(row["USER_ID"])] += 1
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
        cells = (user, message.get("address", ""), message["text"], ids)
        user, address, text, ids = map(_plain, cells)
        yield _row((user, address, str(now), text, ids))


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
    csv.writer(out, lineterminator="\r\n").writerow(cells)  # it quotes only characters of its line ends
    return out.getvalue().removesuffix("\r\n").encode() + b"\n"


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet takes for a formula (OWASP, "CSV Injection")."""
PHONE_NUMBER = re.compile(r"\+\d{4,15}")


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before it says that it is text.

    A phone number stays as it is, because it is an address.
    """
    if text.startswith(FORMULA) and not PHONE_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def cell_text(cell: str) -> str:
    """The text of a cell that `csv_file` wrote."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
