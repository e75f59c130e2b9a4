"""Which column of the items has their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tastemaker.schemas.fields import Field

NAME_COLUMNS = (
    *("name", "title", "itemname", "itemtitle", "productname", "producttitle"),
    *(
        "movietitle",
        "filmtitle",
        "videotitle",
        "booktitle",
        "songtitle",
        "trackname",
        "articletitle",
        "headline",
    ),
)
IMAGE_COLUMNS = ("image", "imageurl", "img", "picture", "pictureurl", "poster", "posterurl", "thumbnail")


def fold(name: str) -> str:
    """A column's name without case and underscores: PRODUCT_NAME and productName are the same."""
    return name.replace("_", "").casefold()


def usual_column(names: Iterable[str], wanted: Sequence[str]) -> str | None:
    """The first of the `wanted` folded names that is among `names`, as it is written there."""
    folded = {fold(name): name for name in names}
    return next((folded[name] for name in wanted if name in folded), None)


def name_column(fields: Sequence[Field]) -> str | None:
    """The column that names an item: the one that the schema marks, or a text with a usual name."""
    marked = next((one.name for one in fields if one.item_name), None)
    return marked or usual_column((one.name for one in fields if one.type == "string"), NAME_COLUMNS)
