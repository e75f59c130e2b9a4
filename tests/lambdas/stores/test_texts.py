from typing import Any

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
