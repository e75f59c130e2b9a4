from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.stores.lake import LakeBucket
from lambdas.stores.texts import LakeTexts
from tastemaker.generation.text_cache import Cached
from tests.lambdas.aws import LAKE
from tests.tastemaker.generation.generators import PROMPT, Scripted


def test_text_of_one_process_is_known_to_the_next(lake_client: Any) -> None:
    lake = LakeBucket(lake_client, LAKE)
    assert Cached(Scripted("Grüne Tees"), LakeTexts(lake)).generate(PROMPT).text == "Grüne Tees"
    assert Cached(Scripted(), LakeTexts(lake)).generate(PROMPT).text == "Grüne Tees"
    ((key, _),) = lake.objects("texts/")
    assert "Tees" not in key


def test_text_is_written_although_the_lake_refuses_it(lake_client: Any) -> None:
    missing = LakeTexts(LakeBucket(lake_client, "no-such-bucket"))
    assert Cached(Scripted("Teas"), missing).generate(PROMPT).text == "Teas"


class Denying:
    """An S3 client of a role that may not list the bucket: S3 answers 403 for a missing object."""

    exceptions = SimpleNamespace(NoSuchKey=KeyError)

    def get_object(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")


def test_missing_text_of_a_role_that_may_not_list_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert LakeTexts(LakeBucket(Denying(), LAKE)).get("digest") is None
    assert "not read" not in "".join(capsys.readouterr())
