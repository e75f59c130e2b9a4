"""Which IAM permissions a request of the OpenSearch API needs.

The actions are those of OpenSearch Service, `es:ESHttpGet` and the like, on a path below the domain that has
the name of the stack. So policies that were written for a domain keep working, and can name single indexes. A
search with a personalizing pipeline also needs `personalize:GetPersonalizedRanking` on its campaign.
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html
"""

from dataclasses import dataclass

from lambdas.support.authorization import Require
from tastemaker.authorization import Permission
from tastemaker.contracts.arns import AccountScope
from tastemaker.errors import TastemakerError
from tastemaker.search.errors import ForbiddenError, UnavailableError
from tastemaker.search.pipelines.options import RankingOptions
from tastemaker.search.service.http import HttpRequest

PATH_PARTS = 2
"""A permission is for an index and an action, such as `products/_search`, so that decisions can be cached."""


@dataclass(frozen=True)
class IamPermit:
    """The `Permit` of one request. `domain` is the name of the domain in policies."""

    require: Require
    scope: AccountScope
    domain: str

    def request(self, request: HttpRequest) -> None:
        path = "/".join(request.parts[:PATH_PARTS])
        self._check(Permission(f"es:ESHttp{request.method.capitalize()}", self._arn(path)))

    def index(self, index: str) -> None:
        self._check(Permission("es:ESHttpPost", self._arn(f"{index}/_search")))

    def ranking(self, options: RankingOptions) -> None:
        self._check(Permission("personalize:GetPersonalizedRanking", options.campaign_arn))

    def _arn(self, path: str) -> str:
        scope = self.scope
        return f"arn:{scope.partition}:es:{scope.region}:{scope.account}:domain/{self.domain}/{path}"

    def _check(self, permission: Permission) -> None:
        try:
            self.require(permission)
        except TastemakerError as error:
            if error.status >= 500:
                raise UnavailableError(error.message) from None
            raise ForbiddenError(error.message) from None
