"""The typed door to the catalog table: items and users put one at a time."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambdas.stores.batch_writes import write_batch
from tastemaker.contracts.table_keys import change_log
from tastemaker.errors import TastemakerError

ATTEMPTS = 6
LOG_DAYS = 90


class CatalogUnavailableError(TastemakerError):
    """The table did not take every record. Sending the whole call again is safe."""

    code = "ServiceUnavailableException"
    status = 503


class Catalog:
    """Records by dataset ARN and id; the same id replaces the whole record.

    Items are written to a log too, whose key is the time: who wants to know what is new reads only that. It
    forgets after some months; by then every model has been trained again, or sees what the import said.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._table, self._clock, self._sleep = client, table, clock, sleep

    def put(self, dataset_arn: str, records: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Store (id, properties by schema field). Of several with one id the last one stays."""
        moment = self._clock()
        now = f"{moment:.3f}"
        items = {
            name: {
                "dataset": {"S": dataset_arn},
                "id": {"S": name},
                "properties": {"S": json.dumps(properties, ensure_ascii=False)},
                "updatedAt": {"N": now},
            }
            for name, properties in records
        }
        log = []
        if dataset_arn.endswith("/ITEMS"):
            expires = str(int(moment) + LOG_DAYS * 86_400)
            log = [
                {
                    **item,
                    "dataset": {"S": change_log(dataset_arn)},
                    "id": {"S": f"{int(moment * 1000):015}#{name}"},
                    "expiresAt": {"N": expires},
                }
                for name, item in items.items()
            ]
        requests = [{"PutRequest": {"Item": item}} for item in [*items.values(), *log]]
        if left := write_batch(self._client, self._table, requests, sleep=self._sleep, attempts=ATTEMPTS):
            raise CatalogUnavailableError(f"{left} records could not be stored; send them again.")
