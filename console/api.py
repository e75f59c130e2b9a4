"""The API calls of one page, which the page also shows as boto3 and as commands of the AWS CLI."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pprint import pformat
from typing import Any, TypeVar

from botocore import xform_name
from botocore.exceptions import ClientError

from console.target import Target
from tastemaker.contracts.api_endpoint import OUR_SERVICES

PARALLEL = 6
"""How many calls of one page may run at a time."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class Call:
    """One call. `seconds` is how long it took, and `error` is its error code, if it failed.

    A call of something else than AWS has its own `program` and `shell` command.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    seconds: float
    error: str = ""
    program: str = ""
    shell: str = ""

    @property
    def boto3(self) -> str:
        """The call in Python."""
        if self.program:
            return self.program
        name = f"{self.service.replace('-', '_')}.{xform_name(self.operation)}"
        arguments = [
            f"{key}={pformat(value, width=96, sort_dicts=False)}" for key, value in self.params.items()
        ]
        inline = f"{name}({', '.join(arguments)})"
        if len(inline) <= 100 and "\n" not in inline:
            return inline
        return f"{name}(\n" + "".join(f"    {argument},\n" for argument in arguments).expandtabs(4) + ")"

    @property
    def command(self) -> str:
        """The call as a command."""
        if self.shell:
            return self.shell
        words = [f"aws {self.service} {xform_name(self.operation, '-')}"]
        for key, value in self.params.items():
            option = f"--{xform_name(key, '-')}"
            if isinstance(value, bool):
                words.append(option if value else f"--no-{option[2:]}")
            else:
                words.append(f"{option} {shlex.quote(_as_argument(value))}")
        return " ".join(words)


def _as_argument(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)


@dataclass
class Api:
    """The API for one page. It notes each call."""

    target: Target
    calls: list[Call] = field(default_factory=list)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation by its name, such as `ListCampaigns`. Raises ClientError."""
        started, code = time.perf_counter(), ""
        given = {name: value for name, value in params.items() if value not in (None, "", {}, [])}
        try:
            method = getattr(self.target.client(service), xform_name(operation))
            answer: dict[str, Any] = method(**given)
            return answer
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise
        finally:
            self.calls.append(Call(service, operation, given, time.perf_counter() - started, code))

    def personalize(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation of `personalize`."""
        return self.call("personalize", operation, **params)

    def own(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation of `tastemaker`."""
        return self.call("tastemaker", operation, **params)

    def together(self, *calls: Callable[[], Result]) -> list[Result]:
        """The results of several calls that run at the same time, in order. Raises what the first raises."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            return [future.result() for future in [pool.submit(call) for call in calls]]

    @property
    def program(self) -> str:
        """The calls as a Python program."""
        services = list(dict.fromkeys(call.service for call in self.calls))
        lines = ["import boto3", ""]
        for service in services:
            if service == "opensearch":
                lines.append("from opensearchpy import OpenSearch")
                lines.append(f'opensearch = OpenSearch(hosts=["{self.target.endpoint}/search"])')
                continue
            ours = service in OUR_SERVICES or self.target.serves_aws
            where = f', endpoint_url="{self.target.endpoint}"' if ours else ""
            lines.append(f'{service.replace("-", "_")} = boto3.client("{service}"{where})')
        return "\n".join([*lines, "", *(call.boto3 for call in self.calls)])

    @property
    def commands(self) -> str:
        """The calls as shell commands."""
        if self.target.serves_aws:
            lines = [f"export AWS_ENDPOINT_URL={self.target.endpoint}"]
        else:
            names = [name.upper().replace("-", "_") for name in OUR_SERVICES]
            lines = [f"export AWS_ENDPOINT_URL_{name}={self.target.endpoint}" for name in names]
        if any(call.service == "tastemaker" or "explain" in call.params for call in self.calls):
            lines.append("export AWS_DATA_PATH=clients/models")
        return "\n".join([*lines, *(call.command for call in self.calls)])
