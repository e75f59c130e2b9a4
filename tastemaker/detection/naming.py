"""What columns are usually called: users, items, times, event types, values, and attributes of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Set
from functools import cache
from itertools import pairwise

USER, ITEM, TIME, EVENT, VALUE = "user", "item", "time", "event", "value"


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


ROLES = (USER, ITEM, TIME, EVENT, VALUE)

_IDS = words(
    "id ids key no nr num number code hash uuid guid ref identifier identity oid pk sk index uri urn "
    "nummer numero"
)
_ID_ENDINGS = (
    "identifier",
    "nummer",
    "number",
    "uri",
    "ids",
    "key",
    "num",
    "code",
    "hash",
    "uuid",
    "guid",
    "id",
    "nr",
    "no",
)
_LABELS = words("name title label desc description text names titles")

_NOUNS: Mapping[str, Set[str]] = {
    USER: words(
        "mitglied leser kaufer kaeufer hoerer horer klant lid acheteuse socio membro cli abonne spieler "
        "user uid cid customer client member visitor account shopper buyer person profile subscriber "
        "household hshd viewer listener reader player student learner guest passenger patient "
        "reviewer author owner consumer cust usr anonymous distinct actor human people contact lead "
        "investor borrower rider voter follower fan donor purchaser employee email mail login "
        "username who msno hhid cookie device session kunde kunden kundin nutzer benutzer cliente "
        "usuario utilisateur acheteur utente klient uzytkownik gebruiker kund bruger felhasznalo "
        "userpseudo visitant"
    ),
    ITEM: words(
        "buch lied spiel kurs serie rezept ware libro juego cancion morceau jeu boek disco nummer curso "
        "item product article movie film track song book app game video content show sku asin isbn "
        "variant stock upc ean gtin business recipe course listing hotel restaurant post page url "
        "artist album anime series episode podcast story news document doc asset good goods offer "
        "deal material part merchandise commodity title name venue place poi location attraction "
        "property job vacancy beer wine dish meal drink food magazine brand creator channel stream "
        "clip photo image pin design template theme plan service subject thing object target entity "
        "what artikel produkt produit producto prodotto articulo articolo ware livre pelicula filme "
        "produto towar lineitem menu program programme lesson module question problem exercise "
        "event_item destination repo repository package paper publication author_book edition work "
        "cuisine tour trip activity_item"
    ),
    TIME: words(
        "timestamp time date datetime ts when at created occurred happened purchased ordered viewed "
        "watched played rated reviewed clicked placed paid processed completed ended started day dt "
        "moment utc unixtime epoch unixreviewtime datum zeit zeitpunkt fecha hora data heure uhrzeit "
        "dato tidpunkt czas tid"
    ),
    EVENT: words(
        "event action activity behavior behaviour interaction verb eventtype eventname actiontype "
        "operation interactiontype ereignis aktion evento accion evenement"
    ),
    VALUE: words(
        "rating score stars star overall value weight grade vote strength preference quantity qty "
        "plays playcount listens hours playtime duration msplayed watchtime amount count bewertung "
        "note valoracion menge anzahl puntuacion confidence relevance progress completion"
    ),
}
_WEAK: Mapping[str, Mapping[str, float]] = {
    USER: {
        "email": 7, "mail": 6, "session": 4, "device": 4, "cookie": 5, "anonymous": 6, "author": 4,
        "owner": 4, "contact": 5, "people": 5, "account": 8, "login": 7, "guest": 5, "profile": 7,
        "lead": 4, "actor": 5, "person": 8, "human": 5, "employee": 4, "device_id": 4, "who": 8,
        "username": 8, "userpseudo": 8,
    },
    ITEM: {
        "name": 3, "title": 5, "url": 4, "page": 4, "brand": 2, "channel": 2, "artist": 6,
        "location": 2, "image": 1, "place": 4, "object": 5, "target": 4, "entity": 4, "stock": 7,
        "service": 3, "plan": 3, "program": 4, "event_item": 6, "stream": 3, "creator": 3, "part":
        4, "album": 5, "work": 3, "document": 6, "author_book": 3, "template": 4, "theme": 3, "job":
        5, "subject": 4, "property": 4, "content": 8, "post": 8, "question": 6, "menu": 3, "what":
        7, "thing": 6, "tour": 5, "trip": 3, "photo": 5, "ean": 8, "upc": 8, "sku": 9.5, "asin":
        9.5, "isbn": 9.5, "module": 4, "food": 6,
    },
    TIME: {
        "day": 6, "created": 8, "data": 4, "note": 0, "paid": 6, "processed": 6, "completed": 6,
        "ended": 6, "started": 6, "placed": 8, "utc": 5, "dt": 7, "at": 8, "when": 9, "date": 8.5,
        "time": 9, "timestamp": 10, "tid": 3, "hora": 4, "heure": 4, "moment": 7,
    },
    EVENT: {"action": 8, "activity": 7, "operation": 5, "verb": 7, "behavior": 9, "behaviour": 9},
    VALUE: {
        "value": 6, "weight": 4, "amount": 4, "count": 4, "quantity": 5, "qty": 5, "duration": 4,
        "hours": 6, "note": 3, "confidence": 5, "relevance": 5, "strength": 7, "menge": 5, "anzahl":
        5, "plays": 7,
    },
}  # fmt: skip
_NOT_TIMES = words(
    "updated modified birth birthday dob expires expiry expiration expired deleted cancelled canceled "
    "released release publish published launch signup registered registration joined join shipped "
    "delivered delivery estimated approved received first last end until valid zone timezone offset "
    "spent played_ms limit count"
)
"""Words in the names of columns whose times are not those of events."""
_PERCENT = words("percent percentage pct")
_CONSUMED = words("progress completion completed complete watched viewed played listened read scroll")
"""With one of _PERCENT: how much of an item a user took in."""
_DURATIONS = words("ms msplayed spent duration minutes hours length runtime playtime")
_LATER = words("received sent updated modified processed last delivered loaded inserted imported")

ITEM_WORDS = words(
    "price category categories genre genres brand title color colour size material description tags "
    "tag style type department publisher language runtime year collection subcategory taxonomy vendor "
    "manufacturer image url maker format platform developer album artist author director cast weight "
    "unit cuisine"
)
USER_WORDS = words(
    "age gender sex country city state region zip postal income occupation job education membership "
    "tier loyalty segment marital household birth language locale signup province plan"
)
CONTEXT_WORDS = words(
    "device channel source medium campaign browser os discount coupon payment quantity qty platform "
    "referrer weekday store shop daypart season weather screen currency"
)
PERSONAL_WORDS = words(
    "email mail phone telephone mobile fax address street firstname lastname surname fullname ip "
    "password card iban billing ssn passport latitude longitude lat lon lng"
)


@cache
def tokens(name: str) -> tuple[str, ...]:
    """The parts of a name in lower case: `Customer ID`, `customerId` and `customer_id` are the same."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", plain)
    plain = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", plain)
    return tuple(word.lower() for word in re.split(r"[^A-Za-z0-9]+", plain) if word)


@cache
def score(role: str, name: str) -> float:
    """How well a name fits a role, from 0 to 10."""
    parts = tokens(name)
    if not parts:
        return 0.0
    if role == TIME:
        return _time_score(parts)
    nouns, joined = _NOUNS[role], "".join(parts)
    base = _base(joined)
    if joined in nouns:
        return _worth(role, joined)
    if base in nouns and base != joined:
        return _worth(role, base, is_id=True)
    if role in (EVENT, VALUE):
        return _labelled(role, parts)
    return _compound(role, parts)


def _worth(role: str, noun: str, *, is_id: bool = False) -> float:
    worth = _WEAK[role].get(noun, 9.0)
    return min(10.0, worth + 1.0) if is_id else worth


def _compound(role: str, parts: tuple[str, ...]) -> float:
    """The score of a name with several parts, such as `author.steamid` or `line item sku`."""
    nouns = _NOUNS[role]
    last, place = parts[-1], len(parts) - 1
    ends_with_id = last in _IDS
    if not ends_with_id and last.endswith("id") and len(parts) > 1:  # `author.steamid` is the ID of an author
        ends_with_id = not any(last in known or _base(last) in known for known in _NOUNS.values())
    if ends_with_id:
        place -= 1
    while place >= 0 and parts[place] in _LABELS and place > 0 and not ends_with_id:
        place -= 1
    word = _base(parts[place]) if place >= 0 else ""
    if word not in nouns and parts[place] in nouns:
        word = parts[place]
    if word in nouns:
        found = _worth(role, word, is_id=ends_with_id or word != parts[place])
        if last in _LABELS:
            return min(found, 5.0)
        return found - (0.5 if len(parts) > 2 else 0.0)
    return 0.0


def _labelled(role: str, parts: tuple[str, ...]) -> float:
    nouns = _NOUNS[role]
    if role == EVENT and parts[0] in nouns and parts[-1] in ("type", "name", "kind", "category", "label"):
        return 10.0 if parts[-1] in ("type", "name") else 6.0
    if parts[-1] in nouns:
        return _worth(role, parts[-1]) - 1.0
    if role == VALUE and parts[0] in nouns and parts[-1] in ("value", "score", "given", "stars"):
        return 8.0
    if role == VALUE and set(parts) & _PERCENT and set(parts) & _CONSUMED:
        return 8.0
    if role == VALUE and parts == ("ms", "played"):
        return 8.0
    return 0.0


def _time_score(parts: tuple[str, ...]) -> float:
    nouns = _NOUNS[TIME]
    joined = "".join(parts)
    base = 0.0
    if "birth" in joined or set(parts) & _DURATIONS:
        return 0.0
    if joined in nouns:
        base = _WEAK[TIME].get(joined, 9.0)
    elif any(joined.endswith(noun) for noun in ("timestamp", "datetime", "unixtime", "epoch")):
        base = 9.5
    elif parts[-1] in nouns:
        base = _WEAK[TIME].get(parts[-1], 8.0)
    elif joined.endswith(("time", "date", "tdat", "_ts")):
        base = 8.0
    elif parts[0] in nouns and parts[0] not in ("data", "time", "at"):
        base = _WEAK[TIME].get(parts[0], 7.0) - 1
    if not base:
        return 0.0
    if set(parts) & _NOT_TIMES:
        base = min(base, 3.0)
    if set(parts) & _LATER:
        base = min(base, 4.0)
    if set(parts) & {"event", "order", "purchase", "invoice", "transaction", "view", "watch", "interaction"}:
        base = min(10.0, base + 0.5)
    return base


def _base(joined: str) -> str:
    """A noun without the ending that makes it an ID: `visitorid` is `visitor`."""
    for ending in _ID_ENDINGS:
        if joined.endswith(ending) and len(joined) > len(ending) + 1:
            return joined.removesuffix(ending)
    return joined


def is_known_name(text: str) -> bool:
    """Whether a cell of the first row is a name that columns usually have."""
    parts = tokens(text)
    if not parts or len(text) > 60 or any(word.isdigit() for word in parts[:1]):
        return False
    joined = "".join(parts)
    known = any(
        joined in nouns or (_base(joined) in nouns and _base(joined) != joined) for nouns in _NOUNS.values()
    )
    return known or ("_" in text and any(score(role, text) >= 6 for role in ROLES))


def is_personal(name: str) -> bool:
    """Whether a column likely has data of a person that a recommendation never needs."""
    parts = tokens(name)
    return (
        bool(set(parts) & PERSONAL_WORDS)
        or "".join(parts) in PERSONAL_WORDS
        or any(
            pair in ("firstname", "lastname", "fullname", "ipaddress")
            for pair in map("".join, pairwise(parts))
        )
    )


def _short(name: str) -> str:
    """A name without the parts that say where it was nested: `items.item_name` is `item_name`."""
    nested = name.split(".")
    generic = tokens(nested[-1]) in (("id",), ("key",), ("value",), ("type",), ("code",))
    short = ".".join(nested[-2:] if generic else nested[-1:])
    parts = tokens(short)
    for prefix in (("lineitem",), ("line", "item"), ("master", "metadata")):
        if parts[: len(prefix)] == prefix and len(parts) > len(prefix):
            return " ".join(parts[len(prefix) :])
    return short


def field_name(name: str, taken: Set[str] = frozenset()) -> str:
    """The name of a column in a schema: upper case, with letters, digits and underscores.

    Two names of a schema must also differ without their underscores.
    """
    parts = tokens(_short(name))
    made = "_".join(parts).upper() or "COLUMN"
    if not made[0].isalpha():
        made = f"C_{made}"
    plain = {one.replace("_", "") for one in taken}
    number, found = 2, made
    while found.replace("_", "") in plain:
        found, number = f"{made}_{number}", number + 1
    return found
