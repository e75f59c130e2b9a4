"""Exports of well-known programs and public data sets, recognized by their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.detection.naming import EVENT, ITEM, TIME, USER, VALUE, tokens


@dataclass(frozen=True)
class Export:
    """What the columns of an export mean.

    It is recognized by `signature`: the plain names of columns, all of which it has. `roles` lists, for each
    role, the columns by preference. A column that is mostly empty is passed over, except that an empty user
    or item is looked for in the next one. `event` is the type of events without a type of their own, and
    `order` the column whose equal values say that rows belong to one order: only the first row of an order
    may have its user and time.
    """

    name: str
    signature: frozenset[str]
    roles: Mapping[str, Sequence[str]]
    event: str = "interaction"
    order: str = ""
    note: str = ""


_ROLES = {"user": USER, "item": ITEM, "time": TIME, "event_column": EVENT, "value": VALUE}


def _export(
    name: str, signature: str, event: str = "interaction", order: str = "", note: str = "", **roles: str
) -> Export:
    listed = {_ROLES[role]: tuple(columns.split()) for role, columns in roles.items()}
    return Export(name, frozenset(signature.split()), listed, event, order, note)


EXPORTS: Sequence[Export] = (
    _export(
        "Shopify orders",
        "name email lineitemname lineitemquantity",
        event="purchase",
        order="name",
        user="customerid email",
        item="lineitemsku lineitemname",
        time="createdat paidat processedat",
    ),
    _export(
        "Shopify orders (API)",
        "lineitemsproductid createdat",
        event="purchase",
        user="customerid email contactemail",
        item="lineitemsproductid lineitemssku lineitemsvariantid",
        time="createdat processedat",
    ),
    _export(
        "Google Analytics 4",
        "eventname eventtimestamp userpseudoid",
        user="userid userpseudoid",
        item="itemsitemid itemid eventparamsitemid eventparamspagelocation pagelocation eventparamscontentid",
        time="eventtimestamp",
        event_column="eventname",
    ),
    _export(
        "WooCommerce analytics",
        "date order customer products itemssold",
        event="purchase",
        user="customer",
        item="products",
        time="date",
    ),
    _export(
        "WooCommerce orders",
        "ordernumber orderdate itemname",
        event="purchase",
        order="ordernumber",
        user="customeruserid customerid customeruser emailbilling billingemail",
        item="sku productid itemid itemname",
        time="orderdate paiddate",
    ),
    _export(
        "WooCommerce orders",
        "orderid orderdate lineitem",
        event="purchase",
        user="customerid customeruser customeremail billingemail",
        item="lineitem",
        time="orderdate paiddate",
    ),
    _export(
        "Segment",
        "messageid anonymousid",
        user="userid anonymousid",
        item="propertiesproductid propertiesproductsproductid propertiessku propertiesproductssku productid "
        "propertiesitemid propertiescontentid propertiesid productsproductid sku",
        time="timestamp originaltimestamp sentat receivedat",
        event_column="event type",
    ),
    _export(
        "Segment",
        "anonymousid originaltimestamp event",
        user="userid anonymousid",
        item="productid propertiesproductid sku itemid contentid",
        time="timestamp originaltimestamp sentat receivedat",
        event_column="event eventtext",
    ),
    _export(
        "Spotify history",
        "ts msplayed mastermetadatatrackname",
        event="listen",
        user="username",
        item="spotifytrackuri mastermetadatatrackname",
        time="ts",
        value="msplayed",
        note="A history of Spotify belongs to one person. To learn from several, put a folder for each into "
        "one folder.",
    ),
    _export(
        "Spotify history",
        "endtime artistname trackname msplayed",
        event="listen",
        user="username",
        item="trackname",
        time="endtime",
        value="msplayed",
        note="A history of Spotify belongs to one person. To learn from several, put a folder for each into "
        "one folder.",
    ),
    _export(
        "Steam reviews",
        "appid authorsteamid",
        event="review",
        user="authorsteamid",
        item="appid",
        time="timestampcreated timestampupdated",
        value="authorplaytimeforever",
    ),
    _export(
        "Steam reviews",
        "appid userid isrecommended",
        event="review",
        user="userid",
        item="appid",
        time="date",
        value="hours",
    ),
    _export(
        "Steam reviews",
        "username productid hours text",
        event="review",
        user="userid username",
        item="productid",
        time="date",
        value="hours",
    ),
    _export(
        "MovieLens",
        "userid movieid rating timestamp",
        event="rating",
        user="userid",
        item="movieid",
        time="timestamp",
        value="rating",
    ),
    _export(
        "RetailRocket",
        "timestamp visitorid event itemid",
        user="visitorid",
        item="itemid",
        time="timestamp",
        event_column="event",
    ),
    _export(
        "Amazon reviews",
        "reviewerid asin overall unixreviewtime",
        event="review",
        user="reviewerid",
        item="asin",
        time="unixreviewtime",
        value="overall",
    ),
    _export(
        "Amazon reviews",
        "userid parentasin rating timestamp",
        event="review",
        user="userid",
        item="parentasin",
        time="timestamp",
        value="rating",
    ),
    _export(
        "Online Retail",
        "stockcode invoicedate customerid quantity",
        event="purchase",
        user="customerid",
        item="stockcode",
        time="invoicedate",
    ),
    _export(
        "H&M transactions",
        "tdat customerid articleid",
        event="purchase",
        user="customerid",
        item="articleid",
        time="tdat",
    ),
)


def plain(name: str) -> str:
    """A name as signatures have it."""
    return "".join(tokens(name))


def recognize(columns: Sequence[str]) -> Export | None:
    """The export that has these columns, or None. The one with the longest signature wins."""
    names = {plain(name) for name in columns}
    names |= {name.rstrip("0123456789") for name in names if name.rstrip("0123456789") == "lineitem"}
    found = [export for export in EXPORTS if export.signature <= names]
    return max(found, key=lambda export: len(export.signature), default=None)


_MOVIELENS_100K = {
    "u.data": ("user_id", "movie_id", "rating", "timestamp"),
    "u.item": (
        "movie_id", "title", "release_date", "video_release_date", "imdb_url", "unknown", "Action",
        "Adventure",
        "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror",
        "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
    ),
    "u.user": ("user_id", "age", "gender", "occupation", "zip_code"),
    "ratings.dat": ("user_id", "movie_id", "rating", "timestamp"),
    "movies.dat": ("movie_id", "title", "genres"),
    "users.dat": ("user_id", "gender", "age", "occupation", "zip_code"),
}  # fmt: skip


def headerless_names(file: str, width: int) -> Sequence[str] | None:
    """The names of the columns of a public file without a header, or None."""
    found = _MOVIELENS_100K.get(file.lower())
    if found is not None and len(found) == width:
        return found
    if file.lower().startswith("userid-timestamp-artid") and width == 6:
        return ("userid", "timestamp", "artist_id", "artist_name", "track_id", "track_name")
    if file.lower().startswith("steam") and width == 5:
        return ("user_id", "game", "behavior", "hours", "zero")
    return None
