"""The endpoint, and boto3 clients for it.

The endpoint is that of `--endpoint`, of `AWS_ENDPOINT_URL`, of the deployment of `--stage`, or the local run
on its usual port. Nothing is ever sent to Amazon Personalize by accident: only if `--endpoint` names it.
"""

from __future__ import annotations

import functools
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from cli.errors import CommandError
from cli.output import Output
from tastemaker.contracts.api_endpoint import (
    API_URL,
    LOCAL_ENDPOINT,
    OUR_SERVICES,
    MissingOutputError,
    is_local,
    outputs_of,
    stack_name,
)

DEFAULT_REGION = "us-east-1"
HEALTH_SECONDS = 5.0


@dataclass
class Connection:
    """Clients of one endpoint. Nothing is imported or connected before the first call."""

    endpoint: str = ""
    stage: str = ""
    region: str = ""
    profile: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)
    _outputs: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def api_url(self) -> str:
        """The endpoint of the API. Raises CommandError if none is known or the local run does not answer."""
        if self.stage:
            return self.outputs[API_URL]
        url = (self.endpoint or os.environ.get("AWS_ENDPOINT_URL_PERSONALIZE") or LOCAL_ENDPOINT).rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise CommandError(f"{url!r} is not an endpoint.", f"An endpoint looks like {LOCAL_ENDPOINT}.")
        if is_local(url) and not answers(url):
            raise CommandError(
                f"Nothing answers at {url}.",
                "Start the service with `tastemaker local`, or name another with --endpoint or --stage.",
            )
        return url

    @functools.cached_property
    def is_local(self) -> bool:
        """Whether the endpoint is a local run, which plays all other AWS services, too."""
        return not self.stage and is_local(self.api_url)

    @functools.cached_property
    def session(self) -> Any:
        """A boto3 session that signs for the API and knows the service `tastemaker`."""
        import boto3
        import botocore.session
        from botocore.exceptions import ProfileNotFound

        core: Any = botocore.session.Session(profile=self.profile or None)
        models = [] if is_amazon(self.endpoint) else [str(overlay())]
        core.set_config_variable(
            "data_path", os.pathsep.join([*models, *filter(None, [os.environ.get("AWS_DATA_PATH", "")])])
        )
        local = not self.stage and is_local(self.endpoint or LOCAL_ENDPOINT)
        try:
            if core.get_credentials() is None and local:
                core.set_credentials("tastemaker", "tastemaker")
            region = self.region or core.get_config_variable("region") or (DEFAULT_REGION if local else None)
        except ProfileNotFound as error:
            raise CommandError(f"{error}.", "aws configure list-profiles names the profiles.") from error
        if not region:
            raise CommandError("No region is known.", "Give --region, or set AWS_DEFAULT_REGION.")
        return boto3.Session(botocore_session=core, region_name=region)

    def client(self, service: str) -> Any:
        """A boto3 client: of the endpoint's API, or of AWS, which a local run plays on the same endpoint."""
        if service not in self._clients:
            url = self.api_url if service in OUR_SERVICES or self.is_local else None
            self._clients[service] = self.session.client(service, endpoint_url=url)
        return self._clients[service]

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the deployment of `stage`. Raises CommandError if it cannot be read."""
        if not self._outputs:
            from botocore.exceptions import BotoCoreError, ClientError

            name = stack_name(self.stage)
            try:
                (stack,) = self.session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
            except (BotoCoreError, ClientError) as error:
                raise CommandError(
                    f"The stack {name} cannot be read in {self.session.region_name}: {error}",
                    f"Deploy it (tastemaker deploy --stage {self.stage}), or sign in to its account.",
                ) from error
            try:
                self._outputs = outputs_of(stack)
            except MissingOutputError as error:
                raise CommandError(str(error), f"Run: tastemaker deploy --stage {self.stage}") from error
        return self._outputs

    def http(self, method: str, path: str, body: bytes = b"") -> Any:
        """Send a signed request, as to the search endpoint. Returns the response."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.httpsession import URLLib3Session

        request = AWSRequest(
            method, f"{self.api_url}{path}", data=body, headers={"Content-Type": "application/json"}
        )
        credentials = self.session.get_credentials()
        if credentials is not None:
            SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(request)
        return URLLib3Session().send(request.prepare())


def overlay() -> Path:
    """The folder of the service models: in the installed package, or in the checkout."""
    packaged = Path(__file__).resolve().parent / "models"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[1] / "clients" / "models"


def is_amazon(url: str) -> bool:
    """Whether an endpoint is Amazon Personalize itself, which has other signatures and no own members."""
    host = urlsplit(url).hostname or ""
    return re.fullmatch(r"personalize(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", host) is not None


def answers(endpoint: str) -> bool:
    """Whether a local run is ready at this endpoint."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_local/health", timeout=HEALTH_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def connected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of the connection and `--json`.

    The command receives a Connection and an Output as its first arguments.
    """

    @click.option(
        "--endpoint",
        envvar="AWS_ENDPOINT_URL",
        default="",
        metavar="URL",
        help=f"Where the API answers. [default: $AWS_ENDPOINT_URL or {LOCAL_ENDPOINT}]",
    )
    @click.option(
        "--stage", default="", metavar="NAME", help="A deployment in your account, instead of --endpoint."
    )
    @click.option("--region", default="", metavar="NAME", help="AWS region. [default: your configuration's]")
    @click.option("--profile", default="", metavar="NAME", help="AWS profile with the credentials.")
    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    @functools.wraps(command)
    def with_connection(
        *args: Any, endpoint: str, stage: str, region: str, profile: str, as_json: bool, **options: Any
    ) -> Any:
        if stage:
            endpoint = ""
        return command(
            Connection(endpoint, stage, region, profile), Output(as_json=as_json), *args, **options
        )

    return with_connection
