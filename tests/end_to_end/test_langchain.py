"""LangChain's Personalize classes against the endpoint, where they are installed.

They need some hundred megabytes, so they are no development dependency. Install langchain-experimental, or
set TASTEMAKER_LANGCHAIN_PYTHON to a Python that has it.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import Store

PROGRAM = Path(__file__).parent / "programs" / "langchain_recommend.py"
PYTHON = os.environ.get("TASTEMAKER_LANGCHAIN_PYTHON") or (
    sys.executable if find_spec("langchain_experimental") else ""
)


@pytest.mark.skipif(not PYTHON, reason="langchain-experimental is not installed")
def test_langchain_recommends_what_the_campaign_recommends(
    endpoint: str, store: Store, campaign: str
) -> None:
    item = shop.item("tea", 3)
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint}
    result = subprocess.run(
        [PYTHON, str(PROGRAM), campaign, item], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    live = store.client("personalize-runtime").get_recommendations(campaignArn=campaign, itemId=item)
    ids = [row["itemId"] for row in live["itemList"]]
    assert seen["items"] == ids[:4] and seen["chain"] == ids[: len(seen["chain"])] and seen["chain"]
