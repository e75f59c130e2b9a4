"""Load the answers of a shard into the table of precomputed lists, from which live requests may be answered.

The part in the lake is streamed, so that a shard of any size takes the same memory. Serving does not use the
rows before the last step of the job points the solution to them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lambdas.stores.lake import LakeBucket
from lambdas.stores.precomputed import PrecomputedTable, Row
from tastemaker.contracts.plans import BatchPlan


def load(lake: LakeBucket, lists: PrecomputedTable, plan: BatchPlan, entry: Mapping[str, Any]) -> int:
    """Write the lists of a shard. `entry` is an element of shards.json. Returns how many lists there are."""
    target = plan["lists"]
    assert target is not None, "only the lists of a job with a serve-days tag are loaded"
    rows = _rows(lake, entry["part"], target["key"])
    return lists.write(target["version"], rows, expires_at=target["expiresAt"])


def _rows(lake: LakeBucket, part: str, member: str) -> Iterator[Row]:
    """Yield the answered lines without a context. `member` is the member with the user or item."""
    for line in lake.client.get_object(Bucket=lake.bucket, Key=part)["Body"].iter_lines(1 << 16):
        document = json.loads(line)
        question, output = document["input"], document["output"]
        if output is not None and question.get(member) and not question.get("context"):
            yield question[member], output
