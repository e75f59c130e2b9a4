"""Lines of batch jobs: whatever a line is, its answer is one line of JSON that repeats it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from tastemaker.batch import lines
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.segments import SegmentJob
from tastemaker.errors import TastemakerError
from tests.fuzz import texts
from tests.fuzz.checks import HangError, limited
from tests.fuzz.shop import Shop
from tests.tastemaker.control.fakes import SCOPE

Answer = Callable[[dict[str, Any]], dict[str, Any] | str]


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"the answer has {name}, which is no JSON")


_READER = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(frozen=True)
class Line:
    """One line of the input of a job."""

    job: str
    raw: bytes

    def __str__(self) -> str:
        return f"a line of a job with {self.job}: {self.raw[:2000]!r}"


class Jobs:
    """A job of each kind, on the models of a shop."""

    def __init__(self, shop: Shop) -> None:
        self._answers: dict[str, Answer] = {}
        for name, (recipe, model) in {
            "user-personalization": ("aws-user-personalization-v2", "sequence"),
            "similar-items": ("aws-similar-items", "similar"),
            "ranking": ("aws-personalized-ranking-v2", "sequence"),
            "item-affinity": ("aws-item-affinity", "fans"),
            "attribute-affinity": ("aws-item-attribute-affinity", "fans"),
        }.items():
            plan: Any = {
                "arn": SCOPE.arn(f"batch-inference-job/{name}"),
                "solutionVersionArn": SCOPE.arn(f"solution/{name}/1"),
                "datasetGroupArn": shop.group,
                "recipeArn": f"arn:aws:personalize:::recipe/{recipe}",
                "bundle": f"s3://lake/{model}/",
                "filterArn": shop.filters["asked"] if model != "fans" else None,
                "numResults": 3,
                "config": {},
            }
            self._answers[name] = (
                SegmentJob.from_plan(plan, shop.runtime).answer
                if model == "fans"
                else InferenceJob.from_plan(plan, shop.runtime).json_answer
            )

    @property
    def names(self) -> list[str]:
        return sorted(self._answers)

    def problem(self, line: Line) -> str | None:
        """What is wrong with the answer of a line, or None."""
        try:
            with limited():
                return self._problem(line)
        except HangError:
            return "no answer"
        except Exception as error:
            return f"the job raised {error!r}"

    def _problem(self, line: Line) -> str | None:
        echo, question, why = lines.read(line.raw)
        output: dict[str, Any] | str | None = None
        if question is not None:
            try:
                output = self._answers[line.job](question)
            except TastemakerError as error:
                why = error.message
        written = lines.write(echo, output, why)
        if written.count(b"\n") != 1 or not written.endswith(b"\n"):
            return f"the answer is not one line: {written[:200]!r}"
        answer = _READER.decode(written.decode())
        if (answer["output"] is None) == (answer["error"] is None):
            return f"the answer has neither or both of output and error: {written[:200]!r}"
        if question is not None and answer["input"] != json.loads(line.raw):
            return f"the answer repeats another input: {written[:200]!r}"
        return None


def generated(jobs: Jobs, rng: Random) -> Iterator[Line]:
    """Lines without end."""
    members = ["userId", "itemId", "itemList", "itemAttributes", "context", "filterValues", "unknown"]
    attributes = [
        'ITEMS.genres = "space"',
        "ITEMS.year = 1979 AND items.GENRES = 'love'",
        'ITEMS.color = "true"',
    ]
    attributes += [
        "ITEMS.year = " + "9" * 400,
        "ITEMS.x = 1",
        'ITEMS.genres = "' + "\\" * 3001,
        "ITEMS." * 3000,
    ]
    while True:
        document: dict[str, Any] = {"userId": "ann", "itemId": "alien", "itemList": ["alien", "dune"]}
        document |= {
            "filterValues": {"GENRES": '"space"', "YEAR": "1"},
            "itemAttributes": rng.choice(attributes),
        }
        for _ in range(rng.choice([0, 1, 1, 2])):
            values = [
                *texts.TEXTS,
                *texts.NUMBERS,
                None,
                [],
                {},
                {"GENRES": 1},
                ["alien"] * 501,
                [None],
                [[]],
            ]
            values += [{"GENRES": texts.expression(rng)}, {"GENRES": rng.choice(texts.TEXTS), "YEAR": "nan"}]
            document[rng.choice(members)] = rng.choice(values)
        if rng.random() < 0.2:
            document.pop(rng.choice(list(document)))
        raw = json.dumps(document, ensure_ascii=rng.random() < 0.7).encode("utf-8", "surrogatepass")
        change = rng.random()
        if change < 0.1:
            raw = texts.broken(rng, raw.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")
        elif change < 0.15:
            place = rng.randrange(len(raw))
            raw = raw[:place] + bytes([rng.randrange(256)]) + raw[place + 1 :]
        elif change < 0.2:
            raw = rng.choice(
                [
                    *(b"", b"null", b"[]", b"1", b"[" * 50_000, b"USER_ID"),
                    b'{"userId":' * 99 + b"1" + b"}" * 99,
                    b'{"userId":"ann","itemId":"alien","itemList":["dune"],"weight":1e999}',
                ]
            )
        yield Line(rng.choice(jobs.names), raw.replace(b"\n", b" "))
