"""What each column of a file is: user, item, time, type of event, value, or an attribute."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection.attribute import Attribute, LeftOut
from tastemaker.detection.attributes import attributes_of
from tastemaker.detection.by_values import MIN_SCORE, fall_back
from tastemaker.detection.exports import Export, plain, recognize
from tastemaker.detection.inputs import DetectionError
from tastemaker.detection.naming import EVENT, ITEM, ROLES, TIME, USER, VALUE, score, tokens, words
from tastemaker.detection.numbers import POINT
from tastemaker.detection.profiles import Profile, filled_cells
from tastemaker.detection.times import DAYS, PATTERNS, UNITS, TimeFormat
from tastemaker.detection.visitors import visitor_column

MAX_EVENT_TYPES = 100
MIN_FILLED = 0.05
"""The share of rows that must have a value in a column of an export."""
CLOSE = 1.0
"""Two columns whose scores differ by less may be confused."""
_EVENT_SIGNS: Mapping[str, frozenset[str]] = {
    "rating": words("rating stars star overall score rated bewertung note"),
    "listen": words("played listens listened plays song track songs"),
    "watch": words("watched watch"),
    "click": words("click clicked clicks"),
    "view": words("view viewed views page url article news read"),
    "purchase": words(
        "order invoice purchase transaction basket purchased ordered receipt dat achat bestellung sku "
        "bestelldatum bestellzeit bestellnummer rechnungsdatum rechnung kaufdatum verkauf sold sale"
    ),
}
_PAID = words(
    "price amount total revenue unitprice preis prix precio betrag paid quantity qty einzelpreis stueckpreis "
    "gesamtpreis verkaufspreis menge umsatz cantidad quantite prezzo importe montant"
)
_ORDER_NUMBERS = words(
    "bestellnr bestellnummer bestellid auftragsnr auftragsnummer rechnungsnr rechnungsnummer belegnr "
    "belegnummer"
)
NOUNS = {USER: "the user", ITEM: "the item", TIME: "the time", EVENT: "the type of event", VALUE: "the value"}


@dataclass(frozen=True)
class Overrides:
    """What the user says about columns. What is empty is detected."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Role → column. `-` means that there is none."""
    time_format: str = ""
    zone: str = "UTC"
    ignored: Collection[str] = ()
    event: str = ""


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a file with interactions are.

    `user` and `item` may have several columns: the first that is filled counts. Without `time`, the order of
    the rows is that of the events. `clock` is a column with the time of day beside a column with the date.
    """

    user: tuple[str, ...]
    item: tuple[str, ...]
    time: str = ""
    time_format: TimeFormat | None = None
    zone: str = "UTC"
    clock: str = ""
    event: str = ""
    event_name: str = "interaction"
    value: str = ""
    value_sign: str = POINT
    order: str = ""
    export: str = ""
    notes: tuple[str, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role → further columns that could have it."""
    item_attributes: tuple[Attribute, ...] = ()
    user_attributes: tuple[Attribute, ...] = ()
    context: tuple[Attribute, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def counts_pieces(self) -> bool:
        """Whether the value of an event is a quantity, which is negative for returned goods."""
        return bool(set(tokens(self.value)) & {"quantity", "qty", "menge", "anzahl", "quantite", "cantidad"})

    @property
    def used(self) -> frozenset[str]:
        """The columns that have a role."""
        return frozenset((*self.user, *self.item, self.time, self.clock, self.event, self.value)) - {""}


def find_roles(
    columns: Sequence[str],
    profiles: Mapping[str, Profile],
    sample: pa.Table,
    overrides: Overrides,
    *,
    single_user: bool = False,
) -> ColumnMapping:
    """The roles of the columns of a sample, without attributes.

    `single_user` says that a file without a column for users is accepted: its events belong to one user.
    Raises DetectionError if there is no user or no item, or if an override names no column.
    """
    given = {role: _given(overrides.columns.get(role, ""), columns) for role in ROLES}
    export = recognize(columns)
    chosen = _by_export(export, profiles) if export else {}
    others: dict[str, tuple[str, ...]] = {}
    for role in (TIME, USER, ITEM, EVENT, VALUE):
        if overrides.columns.get(role):
            chosen[role] = (given[role],) if given[role] else ()
            continue
        if chosen.get(role):
            continue
        taken = {name for names in chosen.values() for name in names} | set(given.values())
        ranked = _ranked(role, columns, profiles, taken)
        chosen[role] = tuple(ranked[:1])
        if len(ranked) > 1 and _score(role, ranked[0], profiles) - _score(role, ranked[1], profiles) < CLOSE:
            others[role] = tuple(ranked[1:4])
    fall_back(chosen, columns, profiles, sample, single_user)
    chosen[USER] += () if overrides.columns.get(USER) else _visitors(chosen, columns, profiles, sample)
    if not chosen[ITEM] or (not chosen[USER] and not single_user):
        raise _missing(ITEM if not chosen[ITEM] else USER, columns)
    time, event, value = (next(iter(chosen[role]), "") for role in (TIME, EVENT, VALUE))
    found = ColumnMapping(
        user=chosen[USER],
        item=chosen[ITEM],
        time=time,
        time_format=_time_format(time, profiles, overrides),
        zone=overrides.zone,
        clock=_clock(time, columns, profiles),
        event=event,
        event_name=overrides.event or (export.event if export else ""),
        value=value,
        value_sign=(profiles[value].decimal_sign or POINT) if value else POINT,
        order=_order(export, columns, profiles),
        export=export.name if export else "",
        notes=(export.note,) if export and export.note and not chosen[USER] else (),
        others=others,
    )
    return found if found.event_name else replace(found, event_name=_event_name(found, columns))


def with_attributes(
    found: ColumnMapping, sample: pa.Table, profiles: Mapping[str, Profile], overrides: Overrides
) -> ColumnMapping:
    """The mapping with the attributes of items and users and the context of events."""
    others = [name for name in sample.column_names if name in profiles and name not in found.used]
    refused = {role for role, name in overrides.columns.items() if name == "-"}
    declined = [name for name in others if any(score(role, name) >= 6 for role in refused)]
    groups = attributes_of(
        sample,
        profiles,
        [name for name in others if name != found.order],
        item=found.item[0],
        user=found.user[0] if found.user else "",
        ignored=(*overrides.ignored, *declined),
    )
    left_out = list(groups.left_out)
    if found.order and found.order not in found.used:
        left_out.append(LeftOut(found.order, "it names an order"))
    return replace(
        found,
        item_attributes=tuple(groups.items),
        user_attributes=tuple(groups.users),
        context=tuple(groups.context),
        left_out=tuple(left_out),
    )


def key_column(
    columns: Sequence[str], profiles: Mapping[str, Profile], sample: pa.Table, role: str, known: pa.Array
) -> str | None:
    """The column of a file about items or users with their IDs.

    It is the one with the most values that occur in `known`, the IDs of the interactions; if none has any,
    the one with the most likely name.
    """
    shares = {}
    other = USER if role == ITEM else ITEM
    if (
        max((score(other, name) for name in columns), default=0)
        >= 8
        > max(score(role, name) for name in columns)
    ):
        return None  # the file is about the others
    for name in columns:
        if score(other, name) > score(role, name):
            continue  # small numbers are IDs of users and of items
        cells = pc.unique(filled_cells(sample.column(name)))
        if len(cells) and profiles[name].unique > 0.5:
            shares[name] = float(pc.mean(pc.cast(pc.is_in(cells, known), pa.int8())).as_py() or 0)
    best = max(shares, key=lambda name: (shares[name], score(role, name)), default=None)
    if best is not None and shares[best] > 0.1:
        return best
    named = [name for name in columns if score(role, name) >= 8 and profiles[name].unique > 0.9]
    return named[0] if named else None


def likelihood(columns: Sequence[str]) -> float:
    """How likely columns are those of interactions, by their names."""
    best = {role: max((score(role, name) for name in columns), default=0.0) for role in (USER, ITEM, TIME)}
    export = 20.0 if recognize(columns) else 0.0
    if best[USER] < MIN_SCORE or best[ITEM] < MIN_SCORE:
        return export
    return export + sum(best.values())


def _given(name: str, columns: Sequence[str]) -> str:
    if not name or name == "-":
        return ""
    if name in columns:
        return name
    folded = {plain(column) or column: column for column in columns}
    if plain(name) in folded:
        return folded[plain(name)]
    close = difflib.get_close_matches(name, columns, 3)
    raise DetectionError(
        f"There is no column {name!r}.", f"The columns are: {', '.join(close or list(columns)[:30])}."
    )


def _by_export(export: Export, profiles: Mapping[str, Profile]) -> dict[str, tuple[str, ...]]:
    by_name = {plain(name): name for name in reversed(list(profiles))}
    chosen = {}
    for role, candidates in export.roles.items():
        there = [by_name[name] for name in candidates if name in by_name]
        good = [name for name in there if profiles[name].share_filled >= MIN_FILLED]
        if role == TIME:
            good = [name for name in good if profiles[name].time is not None]
        chosen[role] = tuple(good[:2] if role in (USER, ITEM) else good[:1])
        if chosen[role] and profiles[chosen[role][0]].share_filled > 0.99:
            chosen[role] = chosen[role][:1]
    return chosen


def _ranked(
    role: str, columns: Sequence[str], profiles: Mapping[str, Profile], taken: Collection[str]
) -> list[str]:
    scores = {
        name: _score(role, name, profiles) for name in columns if name not in taken and name in profiles
    }
    good = [name for name, found in scores.items() if found >= MIN_SCORE]
    return sorted(good, key=lambda name: -scores[name])


def _visitors(
    chosen: Mapping[str, tuple[str, ...]],
    columns: Sequence[str],
    profiles: Mapping[str, Profile],
    sample: pa.Table,
) -> tuple[str, ...]:
    """The column that says who acted where that of the user is empty, if there is one."""
    if len(chosen[USER]) != 1:
        return ()
    taken = {name for names in chosen.values() for name in names}
    other = visitor_column(chosen[USER][0], _ranked(USER, columns, profiles, taken), sample)
    return (other,) if other else ()


def _score(role: str, name: str, profiles: Mapping[str, Profile]) -> float:
    """How well a column fits a role, by its name and its values."""
    found, one = score(role, name), profiles[name]
    if not one.filled or one.share_filled < MIN_FILLED:
        return 0.0
    if role == TIME:
        if one.time is None:
            return 0.0
        if found == 0 and not one.is_number and not {"updated", "birth", "release"} & set(tokens(name)):
            return 4.0
        return found
    if role in (USER, ITEM):
        sure = found >= 8  # by its name, whatever the values say
        if (one.distinct < 2 and not sure) or one.is_truth or (one.is_number and not one.whole and not sure):
            return 0.0
        if one.time is not None and not one.is_number:
            return 0.0
        if one.mean_length > 200:
            return 0.0
        if one.distinct < 2 or (role == USER and one.unique > 0.98 and one.filled > 500):
            return found - 4
        return found
    if role == EVENT:
        few = 1 <= one.distinct <= MAX_EVENT_TYPES and not (one.is_number and one.distinct > 12)
        return found if few and not one.is_number and one.mean_length < 60 else 0.0
    return (
        found
        if (one.is_number and one.time is None) or (role == VALUE and one.is_number and found >= 8)
        else 0.0
    )


def _missing(role: str, columns: Sequence[str]) -> DetectionError:
    listed = ", ".join(columns[:30])
    return DetectionError(
        f"No column seems to be {NOUNS[role]}. The columns are: {listed}.",
        f"Name it with --{role}-column NAME.",
    )


def _time_format(name: str, profiles: Mapping[str, Profile], overrides: Overrides) -> TimeFormat | None:
    if not name:
        return None
    if overrides.time_format:
        if overrides.time_format not in (*UNITS, DAYS, *PATTERNS):
            raise DetectionError(
                f"{overrides.time_format!r} is not a format of times.",
                f"The formats are: {', '.join((*UNITS, DAYS, *PATTERNS))}.",
            )
        return TimeFormat(overrides.time_format)
    found = profiles[name].time
    if found is None:
        examples = ", ".join(map(repr, profiles[name].examples))
        raise DetectionError(
            f"The cells of {name} are no times: {examples}.",
            "Name another column with --time-column, or give --time-column - to use the order of the rows.",
        )
    return found


def _clock(time: str, columns: Sequence[str], profiles: Mapping[str, Profile]) -> str:
    """A column with the time of day, if `time` has dates without one."""
    if not time or any(":" in text or "T" in text for text in profiles[time].examples):
        return ""
    form = profiles[time].time
    if form is not None and form.name in UNITS:
        return ""
    for name in columns:
        named = {"time", "hour", "clock", "hora", "uhrzeit", "heure"} & set(tokens(name))
        if name != time and name in profiles and profiles[name].is_clock and named:
            return name
    return ""


def _order(export: Export | None, columns: Sequence[str], profiles: Mapping[str, Profile]) -> str:
    if export is not None and export.order:
        return next((name for name in columns if plain(name) == export.order), "")
    for name in columns:
        parts = tokens(name)
        of_order = parts and parts[0] in ("order", "invoice", "transaction", "basket", "receipt")
        is_id = parts and parts[-1] in ("id", "number", "no", "nr", "order", "invoice", "key", "num")
        is_compound = "".join(parts) in _ORDER_NUMBERS  # in German
        if ((of_order and is_id and len(parts) <= 2) or is_compound) and name in profiles:
            return name if profiles[name].unique < 0.999 else ""
    return ""


def _event_name(found: ColumnMapping, columns: Sequence[str]) -> str:
    """A name for events that have no type: what the columns say happened."""
    of_event = {word for name in (found.value, found.time, found.order) for word in tokens(name)}
    of_item = {word for name in found.item for word in tokens(name)}
    everything = {word for name in columns for word in tokens(name)}
    for parts in (of_event, of_item):  # a time of purchase says more than an article
        for name, signs in _EVENT_SIGNS.items():
            if parts & signs:
                return name
    return "purchase" if everything & _PAID else "interaction"
