"""A mailing: a segment of users, a message for each of them, and files for e-mail tools.

    {"name": "spring", "roleArn": "…", "output": "s3://shop/mailings/",
     "segment": {"solutionVersionArn": "…/$LATEST", "input": "s3://shop/items.json", "numResults": 1000},
     "solutionVersionArn": "…/$LATEST", "message": {"messageType": "EMAIL_BODY"},
     "delivery": {"addressColumn": "EMAIL", "unsubscribedPath": "s3://shop/gone.csv"}, "dryRun": false}

`users`, a file of users, may take the place of `segment`. `message` and `delivery` are those of
`messageConfig`. Two jobs do the work. A mailing is a dry run, in which templates write all messages and
nothing is spent, unless `dryRun` is false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tastemaker.batch.delivery import MAX_USERS_PER_LINE
from tastemaker.contracts import statuses
from tastemaker.control.resources.campaign import LATEST
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.outcomes import Change, Done, Failed
from tastemaker.declaration.types import TYPES
from tastemaker.errors import InvalidInput
from tastemaker.wire.parsing import read

SEGMENT, MESSAGES = "segment", "messages"
JOBS = {SEGMENT: "BatchSegmentJob", MESSAGES: "BatchInferenceJob"}
REQUIRED = ("name", "roleArn", "output", "solutionVersionArn")
MEMBERS = (*REQUIRED, "segment", "users", "message", "delivery", "filterArn", "numResults", "dryRun")
SEGMENT_MEMBERS = ("solutionVersionArn", "input", "numResults", "filterArn")
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,31}")
DEFAULT_ITEMS = 5
"""The recommended items of a user: as many as a message is about at most."""


class MailingError(Exception):
    """A job of a mailing has failed. The message has its reason."""


@dataclass(frozen=True)
class Mailing:
    """A mailing as it was asked for. `stamp` is the time of the execution, which names its jobs and files."""

    request: Mapping[str, Any]
    stamp: str

    @classmethod
    def of(cls, request: Mapping[str, Any], started_at: str) -> Mailing:
        """The mailing of an execution's input, started at an ISO 8601 time. Raises InvalidInput."""
        _check_members(request)
        time = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
        return cls(request, f"{time:%Y%m%dT%H%M%S}")

    @property
    def dry_run(self) -> bool:
        """Whether templates write all messages, and nothing is spent."""
        return self.request.get("dryRun", True) is not False

    @property
    def output(self) -> str:
        """The folder with the files of the messages."""
        return f"{self._folder}messages/"

    def job(self, name: str) -> dict[str, Any]:
        """The Create request of one of its jobs."""
        return self._segment_job() if name == SEGMENT else self._message_job()

    def files(self) -> list[str]:
        """The files that e-mail tools read, if the users are in one file."""
        source = self._message_source
        if source.endswith("/"):
            return []
        name = source.rpartition("/")[2] + (".dry-run" if self.dry_run else "")
        endings = {"CSV": "csv", "SES_BULK": "ses.jsonl"}
        return [f"{self.output}{name}.{endings[one]}" for one in self._delivery["formats"]]

    @property
    def _folder(self) -> str:
        return f"{self.request['output'].rstrip('/')}/{self.request['name']}/{self.stamp}/"

    @property
    def _message_source(self) -> str:
        segment = self.request.get("segment")
        if segment is None:
            return str(self.request["users"])
        return f"{self._folder}segment/{segment['input'].rpartition('/')[2]}.out"

    @property
    def _delivery(self) -> dict[str, Any]:
        """How messages are delivered. A frequency cap counts the mailings below the same `output`."""
        given = self.request.get("delivery") or {}
        is_capped = "maxMessages" in given or "days" in given
        sent = {"sentPath": self.request["output"]} if is_capped else {}
        return {"formats": ["CSV", "SES_BULK"], **sent, **given}

    def _segment_job(self) -> dict[str, Any]:
        segment = self.request["segment"]
        kept = {name: segment[name] for name in ("numResults", "filterArn") if name in segment}
        return {
            "jobName": f"{self.request['name']}-segment-{self.stamp}",
            "solutionVersionArn": segment["solutionVersionArn"],
            "roleArn": self.request["roleArn"],
            "jobInput": {"s3DataSource": {"path": segment["input"]}},
            "jobOutput": {"s3DataDestination": {"path": f"{self._folder}segment/"}},
            **kept,
        }

    def _message_job(self) -> dict[str, Any]:
        message = {"messageType": "EMAIL_BODY", **(self.request.get("message") or {})}
        kept = {name: self.request[name] for name in ("filterArn",) if name in self.request}
        return {
            "jobName": f"{self.request['name']}-{self.stamp}",
            "solutionVersionArn": self.request["solutionVersionArn"],
            "roleArn": self.request["roleArn"],
            "numResults": self.request.get("numResults", DEFAULT_ITEMS),
            "jobInput": {"s3DataSource": {"path": self._message_source}},
            "jobOutput": {"s3DataDestination": {"path": self.output}},
            "messageConfig": {**message, "delivery": self._delivery, "dryRun": self.dry_run},
            **kept,
        }


def check(lifecycle: DeclaredLifecycle, mailing: Mailing) -> bool:
    """Check both jobs before the first one starts. Returns whether the mailing has a segment.

    Raises the errors of CreateBatchSegmentJob and CreateBatchInferenceJob.
    """
    jobs = [SEGMENT, MESSAGES] if "segment" in mailing.request else [MESSAGES]
    for name in jobs:
        declared = TYPES[JOBS[name]]
        request = read(mailing.job(name), declared.shape)
        solution, latest, _ = request["solutionVersionArn"].partition(LATEST)
        resource_type = lifecycle.control.resource_types[declared.name]
        if latest:  # the job takes the newest ACTIVE version when it starts
            request["solutionVersionArn"] = _newest_version(lifecycle, solution)
        lifecycle.control.ports.caller_limits.check(request)
        resource_type.build_body(request, resource_type.find_references(request))
    return SEGMENT in jobs


def step(lifecycle: DeclaredLifecycle, mailing: Mailing, name: str) -> dict[str, Any]:
    """Create a job of the mailing, or see how far it is. The same step again creates nothing.

    Returns `{"done": False, "reason"}`, or `{"done": True, "report"}`. Raises MailingError.
    """
    owner = f"mailing/{mailing.request['name']}"
    change = Change(
        resource_type=JOBS[name],
        properties=mailing.job(name),
        owner=owner,
        request_id=f"{owner}/{mailing.stamp}/{name}",
        wait=True,
    )
    outcome = lifecycle.create(change)
    if isinstance(outcome, Failed):
        raise MailingError(outcome.reason)
    if not isinstance(outcome, Done):
        return {"done": False, "reason": outcome.reason}
    assert outcome.arn is not None
    body = lifecycle.control.records.find(JOBS[name], outcome.arn).body
    report: dict[str, Any] = {"arn": outcome.arn}
    if name == MESSAGES:
        lines, answered = body.get("_lines", 0), body.get("_answered", 0)
        report |= {"messages": answered, "withoutMessage": lines - answered, "dryRun": mailing.dry_run}
        report |= {"output": mailing.output, "files": mailing.files()}
    return {"done": True, "report": report}


def _newest_version(lifecycle: DeclaredLifecycle, solution: str) -> str:
    lifecycle.control.records.find("Solution", solution)
    for version in lifecycle.control.records.each_current("SolutionVersion", solution):
        if version.status == statuses.ACTIVE:
            return version.arn
    raise InvalidInput(f"{solution} has no ACTIVE solution version yet; train one first.")


def _check_members(request: Any) -> None:
    """Raise InvalidInput unless the input of an execution has the members of a mailing, and no others."""
    if not isinstance(request, Mapping):
        raise InvalidInput("The input must be a JSON object: see the guide about e-mails in a batch.")
    missing = [name for name in REQUIRED if not request.get(name)]
    if missing:
        raise InvalidInput(f"The input lacks {', '.join(missing)}.")
    _check_unknown(request, MEMBERS, "The input")
    if NAME.fullmatch(str(request["name"])) is None:
        raise InvalidInput(
            "name has up to 32 letters, digits and hyphens, and begins with a letter or digit."
        )
    if not isinstance(request.get("dryRun", True), bool):
        raise InvalidInput("dryRun must be true or false.")
    _check_text(request, "output")
    if ("segment" in request) == ("users" in request):
        raise InvalidInput("The input must have either segment or users.")
    if "users" in request:
        _check_path(request["users"])
    segment = request.get("segment")
    if segment is not None:
        _check_unknown(segment, SEGMENT_MEMBERS, "segment")
        if not segment.get("solutionVersionArn") or not segment.get("input"):
            raise InvalidInput("segment must have solutionVersionArn and input.")
        _check_text(segment, "input", "segment.")
        if segment["input"].endswith("/"):
            raise InvalidInput(f"segment.input is {segment['input']}; it must be one file.")
        count = segment.get("numResults", 0)
        if isinstance(count, int) and count > MAX_USERS_PER_LINE:
            raise InvalidInput(
                f"segment.numResults is {count:,}; the most is {MAX_USERS_PER_LINE:,} users a line."
            )


def _check_path(users: Any) -> None:
    """Raise InvalidInput unless it is clear whether `users` is a file: the report names the files of one."""
    name = str(users).rpartition("/")[2]
    if name and "." not in name:
        raise InvalidInput(
            f"users is {users}; end a folder with a slash, and the name of a file with a type such as .json."
        )


def _check_text(value: Mapping[str, Any], name: str, prefix: str = "") -> None:
    if not isinstance(value[name], str):
        raise InvalidInput(f"{prefix}{name} must be a text: the location of a file or folder.")


def _check_unknown(value: Any, known: tuple[str, ...], what: str) -> None:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{what} must be a JSON object.")
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise InvalidInput(f"{what} has the unknown member {unknown[0]}; there are {', '.join(known)}.")
