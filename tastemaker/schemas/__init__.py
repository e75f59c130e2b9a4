"""Avro schemas of datasets: the part of Avro that Personalize accepts, as typed fields.

The service accepts one flat record of primitive types. `parsing.py` reads this part of Avro, `rules.py`
checks what Personalize demands of each dataset type and domain, and `fields.py` has the result.
"""

from tastemaker.schemas.fields import (
    DATASET_TYPES,
    DOMAIN_DATASET_TYPES,
    MAX_CATEGORY_LENGTH,
    NAMESPACE,
    NUMBERS,
    RECORD_NAMES,
    TYPES,
    Field,
    Schema,
)
from tastemaker.schemas.parsing import parse
from tastemaker.schemas.rules import check_type, check_wider

__all__ = [
    "DATASET_TYPES",
    "DOMAIN_DATASET_TYPES",
    "MAX_CATEGORY_LENGTH",
    "NAMESPACE",
    "NUMBERS",
    "RECORD_NAMES",
    "TYPES",
    "Field",
    "Schema",
    "check_type",
    "check_wider",
    "parse",
]
