"""Avro schemas of datasets: the part of Avro that Personalize accepts, as typed fields.

The service accepts one flat record of primitive types. `parsing.py` reads this part of Avro, `rules.py`
checks what Personalize demands of each dataset type and domain, and `fields.py` has the result.
`naming.py` says which column has the names of items.
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
from tastemaker.schemas.naming import name_column
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
    "name_column",
    "parse",
]
