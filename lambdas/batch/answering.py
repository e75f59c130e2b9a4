"""A shard: its lines are answered one after another, by the code that answers live requests."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from lambdas.stores.caller_files import File, S3Source
from lambdas.stores.lake import LakeBucket
from tastemaker import recipes
from tastemaker.batch import lines, shards
from tastemaker.errors import TastemakerError
from tastemaker.serving import personalized_ranking, recommendations
from tastemaker.serving.deployments import Deployment
from tastemaker.serving.history import LiveEvent
from tastemaker.serving.query import Profiles, Runtime

AHEAD = 256
"""Lines read ahead, whose users' events are asked for while others are answered."""
THREADS = 8

Answer = Callable[[lines.Question], dict[str, Any]]


class ProfilesAhead:
    """Live events up to a moment, asked for before they are needed, by several threads."""

    def __init__(self, profiles: Profiles, until: int) -> None:
        self._profiles, self._until = profiles, until
        self._pool = ThreadPoolExecutor(THREADS)
        self._asked: dict[tuple[str, str], Future[list[LiveEvent]]] = {}

    def __enter__(self) -> "ProfilesAhead":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def ask(self, dataset_group: str, users: Iterable[str]) -> None:
        """Begin to fetch the events of these users; those of others are forgotten."""
        wanted = {(dataset_group, user) for user in users}
        self._asked = {key: self._asked.get(key) or self._pool.submit(self._fetch, *key) for key in wanted}

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        """A user's events, newest first: what happened after the moment is left out, so that a shard which
        is answered twice gives the same."""
        asked = self._asked.get((dataset_group, user))
        return asked.result() if asked is not None else self._fetch(dataset_group, user)

    def _fetch(self, dataset_group: str, user: str) -> list[LiveEvent]:
        events = self._profiles.newest(dataset_group, user)
        return [event for event in events if event.time <= self._until]


def deployment_of(plan: Mapping[str, Any]) -> Deployment:
    """The model of a job's plan, as if it were deployed under the job's ARN."""
    return Deployment(
        plan["arn"],
        plan["solutionVersionArn"],
        plan["datasetGroupArn"],
        recipes.by_arn(plan["recipeArn"]),
        plan["bundle"],
        dict(plan["config"]),
    )


@dataclass(frozen=True)
class Job:
    """What all lines of a job have in common."""

    runtime: Runtime
    deployment: Deployment
    results: int
    filter_arn: str | None

    @classmethod
    def of(cls, plan: Mapping[str, Any], runtime: Runtime) -> "Job":
        """The job of a plan; its model answers as if it were deployed under the job's ARN."""
        return cls(runtime, deployment_of(plan), plan["numResults"], plan.get("filterArn"))

    def answer(self, question: lines.Question) -> dict[str, Any]:
        """The `output` of a line. Raises TastemakerError for a line that cannot be answered."""
        recipe = self.deployment.recipe
        common: dict[str, Any] = {
            "userId": lines.identifier(question, "userId", required=recipe.needs_user),
            "context": lines.texts(question, "context"),
            "filterArn": self.filter_arn,
            "filterValues": lines.texts(question, "filterValues"),
        }
        if recipe.call == "GetPersonalizedRanking":
            request = {**common, "inputList": lines.item_list(question)}
            found = personalized_ranking.answer(self.runtime, self.deployment, request)["personalizedRanking"]
        else:
            item = lines.identifier(question, "itemId", required=recipe.needs_item)
            request = {**common, "itemId": item, "numResults": self.results}
            # A shard that is answered twice must give the same, whatever is explored.
            seed = f"{self.deployment.arn} {common['userId']}"
            found = recommendations.answer(self.runtime, self.deployment, request, seed=seed)["itemList"]
        output: dict[str, Any] = {"recommendedItems": [item["itemId"] for item in found]}
        if self.runtime.bundles.get(self.deployment.bundle_uri).model.has_scores and not recipe.domain:
            output["scores"] = [item.get("score") for item in found]
        if any("reason" in item for item in found):
            output["reasons"] = [item.get("reason", []) for item in found]
        return output

    @property
    def asks_for_users(self) -> bool:
        """Whether lines need their users' live events."""
        filtered = self.filter_arn and self.runtime.filter(self.filter_arn, self.deployment).needs_events
        return bool(filtered or self.deployment.recipe.needs_user)


def answer_shard(
    source: S3Source, lake: LakeBucket, entry: Mapping[str, Any], job: Job, ahead: ProfilesAhead
) -> int:
    """Answer the lines of one shard into its part in the lake. Returns how many could not be answered."""
    group = job.deployment.dataset_group

    def prefetch(questions: list[lines.Question]) -> None:
        users = (question.get("userId") for question in questions)
        ahead.ask(group, (user for user in users if user and isinstance(user, str)))

    return write_part(source, lake, entry, job.answer, prefetch if job.asks_for_users else None)


def write_part(
    source: S3Source,
    lake: LakeBucket,
    entry: Mapping[str, Any],
    answer: Answer,
    prefetch: Callable[[list[lines.Question]], None] | None = None,
) -> int:
    """Answer the lines that begin in the shard's range; blank ones are left out."""
    file = File(entry["bucket"], entry["key"], entry["size"], entry["etag"])
    failed = 0
    with source.open(file) as raw, tempfile.TemporaryFile() as part:
        stream: BinaryIO = io.BufferedReader(raw, 1 << 20)
        wanted = (line for line in shards.lines(stream, entry["start"], entry["end"]) if line.strip())
        for batch in _batches(map(lines.read, wanted)):
            if prefetch is not None:
                prefetch([question for _, question, _ in batch if question is not None])
            for echo, question, error in batch:
                output = None
                if question is not None:
                    try:
                        output = answer(question)
                    except TastemakerError as refused:
                        error = refused.message
                failed += output is None
                part.write(lines.write(echo, output, error))
        part.seek(0)
        lake.client.put_object(Bucket=lake.bucket, Key=entry["part"], Body=part)
    return failed


def _batches(read: Iterator[tuple[Any, lines.Question | None, str | None]]) -> Iterator[list]:
    while batch := list(islice(read, AHEAD)):
        yield batch
