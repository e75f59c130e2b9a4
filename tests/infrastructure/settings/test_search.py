"""Settings of searches: which OpenSearch server is used."""

import pytest

from infrastructure.settings.declaration import StageError
from infrastructure.stage import parse

DOMAIN = "arn:aws:es:eu-west-1:123456789012:domain/shop"
COLLECTION = "arn:aws:aoss:eu-west-1:123456789012:collection/abc"


@pytest.mark.parametrize(("resource", "service"), [(DOMAIN, "es"), (COLLECTION, "aoss")])
def test_service_follows_from_the_resource(resource: str, service: str) -> None:
    stage = parse("dev", {"search": {"endpoint": "https://search.example", "resource": resource}})
    assert stage.search.service == service


def test_collection_of_the_stage_is_signed_for_as_a_collection() -> None:
    stage = parse("dev", {"search": {"collection": True}})
    assert stage.search.has_server and stage.search.service == "aoss"
    assert not parse("dev", {}).search.has_server


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ({"endpoint": "https://x"}, "belong together"),
        ({"resource": DOMAIN}, "belong together"),
        ({"collection": True, "endpoint": "https://x", "resource": DOMAIN}, "give one of them"),
        ({"endpoint": "http://x", "resource": DOMAIN}, "https://"),
        ({"endpoint": "https://x", "resource": "arn:aws:s3:::bucket"}, "ARN of a domain"),
        ({"endpoint": "https://x", "resource": f"{DOMAIN}/*"}, "ARN of a domain"),
    ],
)
def test_settings_that_do_not_fit_are_refused(search: dict[str, str], text: str) -> None:
    with pytest.raises(StageError, match=text):
        parse("dev", {"search": search})
