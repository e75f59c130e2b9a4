"""The client of the catalog table for writing: items, users and actions that were put one at a time."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambdas.stores.batch_writes import write_batch
from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.table_keys import change_log
from tastemaker.errors import ServiceUnavailable
from tastemaker.events.properties import Value

MAX_ATTEMPTS = 6
LOG_DAYS = 90
LOGGED = ("/ITEMS", "/ACTIONS")
"""The datasets with a change log: requests and refreshes read what is new in them."""


class Catalog:
    """Records by dataset and id. Putting an id again replaces the whole record.

    Items and actions are also written to a change log, whose key is the time, so that a reader of recent
    changes reads only these. Entries of the log expire after `LOG_DAYS`; by then every model has been trained
    again.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._table, self._clock, self._sleep = client, table, clock, sleep

    def put(self, dataset: DatasetStorage, records: Sequence[tuple[str, Mapping[str, Value]]]) -> None:
        """Store records, each an id and its schema field → value. The last record of an id wins.

        Raises ServiceUnavailable if the table does not accept all of them. It is safe to send them again.
        """
        now = self._clock()
        items = {
            name: {
                "dataset": {"S": dataset.catalog},
                "id": {"S": name},
                "properties": {"S": json.dumps(properties, ensure_ascii=False)},
                "updatedAt": {"N": f"{now:.3f}"},
            }
            for name, properties in records
        }
        logged = dataset.dataset_arn.endswith(LOGGED)
        log = _log_entries(dataset.catalog, items, now) if logged else []
        requests = [{"PutRequest": {"Item": item}} for item in [*items.values(), *log]]
        if left := write_batch(self._client, self._table, requests, sleep=self._sleep, attempts=MAX_ATTEMPTS):
            raise ServiceUnavailable(f"{left} records could not be stored; send them again.")


def _log_entries(
    catalog: str, items: Mapping[str, dict[str, dict[str, str]]], now: float
) -> list[dict[str, dict[str, str]]]:
    expires = str(int(now) + LOG_DAYS * DAY_SECONDS)
    return [
        {
            **item,
            "dataset": {"S": change_log(catalog)},
            "id": {"S": f"{int(now * 1000):015}#{name}"},
            "expiresAt": {"N": expires},
        }
        for name, item in items.items()
    ]
