"""Solutions, versions and campaigns, with the progress of their training."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from cli import names
from cli.connection import Connection
from cli.errors import CommandError
from cli.importing import wait
from cli.output import Output
from cli.progress import Step, step

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
SHORT_NAMES = {
    "aws-popularity-count": "popular",
    "aws-similar-items": "similar",
    "aws-user-personalization-v2": "for-you",
    "aws-personalized-ranking-v2": "ranking",
    "aws-trending-now": "trending",
}
_PASS = re.compile(r"pass (\d+)/(\d+|\?).*?(?:left (.+))?$")
_MAX_NAME = 63


@dataclass
class Trained:
    """A trained recipe: its version, its metrics, and the campaign that serves it."""

    recipe: str
    solution: str
    version: str
    metrics: dict[str, float] = field(default_factory=dict)
    campaign: str = ""


def train(
    connection: Connection, output: Output, group_arn: str, recipe: str, *, campaign: bool = True
) -> Trained:
    """Train a recipe on the data of a group, and serve it. Raises CommandError if the training fails."""
    client = connection.client("personalize")
    group = group_arn.rsplit("/", 1)[-1]
    name = f"{group}-{SHORT_NAMES.get(recipe, recipe.removeprefix('aws-'))}"[:_MAX_NAME]
    with step(output, f"Train {recipe}") as shown:
        try:
            solution = _solution(client, name, group_arn, recipe)
        except client.exceptions.ResourceAlreadyExistsException:
            solution = _solution(client, f"{name[: _MAX_NAME - 7]}-{secrets.token_hex(3)}", group_arn, recipe)
        version = str(client.create_solution_version(solutionArn=solution)["solutionVersionArn"])
        log = TrainingLog(connection, version)

        def seen(_: dict[str, Any]) -> None:
            log.show(shown)

        wait(
            connection,
            lambda: client.describe_solution_version(solutionVersionArn=version)["solutionVersion"],
            f"The training of {recipe}",
            seen,
        )
        found = Trained(recipe, solution, version)
        found.metrics = client.get_solution_metrics(solutionVersionArn=version)["metrics"]
        if campaign:
            shown.show("starting the campaign")
            with_metadata = _has_items(connection, group_arn)
            found.campaign = deploy(
                connection, solution.rsplit("/", 1)[-1], version, with_metadata=with_metadata
            )
    return found


def _solution(client: Any, name: str, group_arn: str, recipe: str) -> str:
    return str(
        client.create_solution(
            name=name,
            datasetGroupArn=group_arn,
            recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
            performAutoTraining=False,
        )["solutionArn"]
    )


def deploy(connection: Connection, name: str, version: str, *, with_metadata: bool) -> str:
    """A campaign that serves a version. Recipes that return no metadata get one without them."""
    client = connection.client("personalize")
    config = {"enableMetadataWithRecommendations": True} if with_metadata else {}
    try:
        arn = client.create_campaign(name=name, solutionVersionArn=version, campaignConfig=config)[
            "campaignArn"
        ]
    except client.exceptions.InvalidInputException:
        if not config:
            raise
        arn = client.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
    wait(connection, lambda: client.describe_campaign(campaignArn=arn)["campaign"], f"The campaign {name}")
    return str(arn)


def _has_items(connection: Connection, group_arn: str) -> bool:
    found = names.listed(connection, names.DATASET, group_arn)
    return any(one["datasetType"].upper() == "ITEMS" for one in found)


@dataclass
class TrainingLog:
    """The log of a training job, as it grows. A log that cannot be read shows nothing."""

    connection: Connection
    version: str
    _stream: str = ""
    _token: str = ""
    _broken: bool = False

    def show(self, shown: Step) -> None:
        """Show the newest line, and how many passes of all are done."""
        for line in self._lines():
            share = None
            if match := _PASS.search(line):
                done, of, left = match.groups()
                share = int(done) / int(of) if of.isdigit() else None
                passes = f"{done} of {of}" if of.isdigit() else done
                line = f"pass {passes}{f', {left} left' if left else ''}"
            shown.show(line.strip(), share)

    def _lines(self) -> list[str]:
        if self._broken:
            return []
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self.connection.client("logs")
            if not self._stream:
                solution, version = self.version.rsplit("solution/", 1)[-1].split("/")
                prefix = f"tastemaker-solution-{solution}-{version}"
                found = client.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=prefix)
                self._stream = next((one["logStreamName"] for one in found["logStreams"]), "")
                if not self._stream:
                    return []
            extra = {"nextToken": self._token} if self._token else {}
            answer = client.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=self._stream, startFromHead=True, **extra
            )
        except ClientError as error:
            self._broken = error.response["Error"]["Code"] != "ResourceNotFoundException"
            return []
        except BotoCoreError:
            self._broken = True
            return []
        self._token = answer.get("nextForwardToken", "")
        return [one["message"] for one in answer["events"]]


def chosen_recipes(given: str, supported: dict[str, str]) -> list[str]:
    """The recipes to train of `a,b`. Raises CommandError for unknown ones and for what the data lack."""
    found = []
    for name in filter(None, (part.strip() for part in given.split(","))):
        recipe = next((one for one, short in SHORT_NAMES.items() if name == short), name)
        if not recipe.startswith("aws-"):
            raise CommandError(
                f"There is no recipe {name!r}.",
                f"Names are {', '.join(SHORT_NAMES.values())}, or a recipe's own.",
            )
        if supported.get(recipe):
            raise CommandError(f"{recipe} cannot be trained: {supported[recipe]}.")
        found.append(recipe)
    return found
