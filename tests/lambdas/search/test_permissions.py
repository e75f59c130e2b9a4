"""Which permissions a request needs, and the errors without them."""

import pytest

from lambdas.search.permissions import IamPermit
from tastemaker.authorization import Permission
from tastemaker.contracts.arns import AccountScope
from tastemaker.errors import AccessDenied, ServiceUnavailable
from tastemaker.search.errors import SearchError
from tastemaker.search.pipelines.options import read_options
from tastemaker.search.service.http import HttpRequest
from tests.tastemaker.search.pipelines.test_options import PLUGIN

SCOPE = AccountScope("aws", "eu-west-1", "123456789012")
DOMAIN = "arn:aws:es:eu-west-1:123456789012:domain/tastemaker-dev"


def test_permissions_are_those_of_opensearch_service_and_personalize() -> None:
    asked: list[Permission] = []
    permit = IamPermit(asked.append, SCOPE, "tastemaker-dev")
    permit.request(HttpRequest("GET", "/products/_doc/some/item"))
    permit.request(HttpRequest("DELETE", "/_search/pipeline/p"))
    permit.request(HttpRequest("HEAD", "/"))
    permit.index("products")
    permit.ranking(read_options(PLUGIN))
    assert asked == [
        Permission("es:ESHttpGet", f"{DOMAIN}/products/_doc"),
        Permission("es:ESHttpDelete", f"{DOMAIN}/_search/pipeline"),
        Permission("es:ESHttpHead", f"{DOMAIN}/"),
        Permission("es:ESHttpPost", f"{DOMAIN}/products/_search"),
        Permission("personalize:GetPersonalizedRanking", PLUGIN["campaign_arn"]),
    ]


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (AccessDenied("no policy"), 403, "security_exception"),
        (ServiceUnavailable("IAM"), 503, "service_unavailable_exception"),
    ],
)
def test_denial_has_opensearchs_format(error: Exception, status: int, kind: str) -> None:
    def refuse(permission: Permission) -> None:
        raise error

    with pytest.raises(SearchError) as refused:
        IamPermit(refuse, SCOPE, "x").request(HttpRequest("GET", "/"))
    assert (refused.value.status, refused.value.type) == (status, kind)
