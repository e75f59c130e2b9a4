"""Settings of searches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infrastructure.settings.declaration import setting


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """What the search endpoint searches: the embedded index, or an OpenSearch server."""

    endpoint: str = setting(
        "",
        "address (https://…) of the OpenSearch domain or serverless collection that searches are passed "
        "on to; empty for the embedded index",
    )
    resource: str = setting(
        "", "ARN of that domain or collection, which the search function may then use; required with endpoint"
    )
    collection: bool = setting(
        False,
        "create a serverless collection of OpenSearch and pass searches on to it; it bills by the hour, also "
        "while it is idle (make cost says how much)",
    )
    log_days: int = setting(
        0,
        "how many days the log of searches keeps queries with the hits that they showed, so that weights can "
        "be learned from clicks; 0 for no log. What people type is personal data: the stage decides",
        within=(0, 365),
    )

    @property
    def problem(self) -> str | None:
        """What is wrong with the settings together; None if nothing is."""
        if self.collection and self.endpoint:
            return "search.collection creates a server, and search.endpoint names another: give one of them"
        if bool(self.endpoint) != bool(self.resource):
            return "search.endpoint and search.resource belong together: give both, or neither"
        if self.endpoint and not self.endpoint.startswith("https://"):
            return f"search.endpoint must begin with https://, not {self.endpoint!r}"
        if self.resource and not re.fullmatch(
            r"arn:[a-z-]+:(es|aoss):[a-z0-9-]+:\d{12}:.+[^/*]", self.resource
        ):
            return f"search.resource must be the ARN of a domain or collection, not {self.resource!r}"
        return None

    @property
    def has_server(self) -> bool:
        """Whether searches are passed on, and not answered from the embedded index."""
        return self.collection or bool(self.endpoint)

    @property
    def service(self) -> str:
        """The service that requests are signed for: `es` for a domain, `aoss` for a collection."""
        if self.collection:
            return "aoss"
        return self.resource.split(":")[2] if self.resource else ""
