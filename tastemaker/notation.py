"""How cells and requests write lists of values and names of fields.

A module of its own, so that serving does not import schemas.
"""

SEPARATOR = "|"
"""What separates the values of one cell: categories that an item has at once, items of an impression."""


def camel(name: str) -> str:
    """`NUM_RATINGS` → `numRatings`: the name of a field in requests."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)
