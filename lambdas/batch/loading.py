"""Loading a shard's answers into the table of recommendations, where live requests may be answered from them.

The part in the lake is read as it comes, so that a shard of any size takes the same memory. The rows are not
used until the solution points to them, which the last step of the job does.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lambdas.stores.lake import LakeBucket
from lambdas.stores.precomputed import Row, StoredLists


def load(lake: LakeBucket, lists: StoredLists, plan: Mapping[str, Any], entry: Mapping[str, Any]) -> int:
    """Write the lists of one shard, an element of `plan["shards"]`. Returns how many."""
    served = plan["lists"]
    rows = _rows(lake, entry["part"], served["key"])
    return lists.write(served["version"], rows, expires_at=served["expiresAt"])


def _rows(lake: LakeBucket, part: str, member: str) -> Iterator[Row]:
    """Lines that were answered and that asked for nothing but a list. Lines with a context are answers to
    other questions."""
    for line in lake.client.get_object(Bucket=lake.bucket, Key=part)["Body"].iter_lines(1 << 16):
        answered = json.loads(line)
        question, output = answered["input"], answered["output"]
        if output is not None and question.get(member) and not question.get("context"):
            yield question[member], output
