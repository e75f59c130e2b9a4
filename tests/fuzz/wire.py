"""Requests from the service models: valid, at the limits, changed in a few places, and bytes of no form."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from local.http.messages import Headers, Request
from tests.contract.violations import broken_values
from tests.fuzz import texts
from tests.fuzz.shop import CREDENTIAL, Shop

PREFIXES = {"personalize": "AmazonPersonalize", "tastemaker": "Tastemaker"}
Place = tuple[str | int, ...]
MAX_DEPTH = 8
"""Deeper places are not changed. Requests have at most five levels, and what is nested deeper is nonsense."""


@dataclass(frozen=True)
class Call:
    """One HTTP request. `document` is the value of its body, or None if the body is bytes of no form."""

    service: str
    operation: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    document: Any = None

    @property
    def request(self) -> Request:
        """The request as the gateway gets it."""
        headers = Headers()
        for name, value in self.headers:
            headers.add(name, value)
        return Request(self.method, self.path, headers, self.body, raw_headers=list(self.headers))

    def with_document(self, document: Any) -> Call:
        """The same request with another body."""
        return replace(self, document=document, body=dump(document))

    def __str__(self) -> str:
        shown = self.body if len(self.body) <= 2000 else self.body[:1000] + b" ... " + self.body[-100:]
        fields = [f"{name}: {value}" for name, value in self.headers if name != "authorization"]
        return "\n".join([f"{self.method} {self.path}", *fields, "", repr(shown)])


def dump(document: Any) -> bytes:
    """JSON as clients write it. Half of a surrogate pair becomes an escape, and NaN stays NaN."""
    return json.dumps(document).encode()


def call_of(service: str, model: OperationModel, document: Any) -> Call:
    """The request of an operation, as botocore sends it."""
    fields = [("authorization", CREDENTIAL), ("content-type", "application/json")]
    if service in PREFIXES:
        fields[1:] = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", f"{PREFIXES[service]}.{model.name}"),
        ]
    path = model.http["requestUri"]
    return Call(service, model.name, "POST", path, tuple(fields), dump(document), document)


class Requests:
    """Requests for a shop. The same seed gives the same requests."""

    def __init__(self, shop: Shop, rng: Random) -> None:
        self._shop, self._rng = shop, rng
        self._names = sorted(shop.requests)
        arns = {
            value
            for request in shop.requests.values()
            for name, value in request.items()
            if name.endswith("Arn")
        }
        self._arns = sorted(
            [*arns, *shop.campaigns.values(), *shop.filters.values(), *shop.datasets.values()]
        )
        self._number = 0

    def __iter__(self) -> Iterator[Call]:
        while True:
            yield self._next()

    def _next(self) -> Call:
        rng = self._rng
        service, operation = rng.choice(self._names)
        if service != "personalize" or rng.random() < 0.3:
            service, operation = rng.choice([name for name in self._names if name[0] != "personalize"])
        self._number += 1
        model = self._shop.models[service].operation(operation)
        document = copy.deepcopy(self._shop.requests[service, operation])
        self._rename(document)
        call = call_of(service, model, document)
        kind = rng.random()
        if kind < 0.15:
            return call
        if kind < 0.8:
            for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
                document = self._changed(document, model.input_shape)
            return call.with_document(document)
        return self._bytes(call) if kind < 0.92 else self._http(call)

    def _rename(self, document: dict[str, Any]) -> None:
        """A new name for what is created, most of the time: a name can be taken only once."""
        for member in ("name", "jobName"):
            if member in document and self._rng.random() < 0.9:
                document[member] = f"n{self._number}"

    # --- documents ---

    def _changed(self, document: Any, shape: Shape | None) -> Any:
        rng = self._rng
        if not isinstance(document, dict) or not isinstance(shape, StructureShape) or not shape.members:
            return rng.choice([document, {"unknown": 1}, [], None, 7, "x"])
        places = [place for place in _places(document, shape) if place[0]]
        if places and rng.random() < 0.75:
            place, member = rng.choice(places)
        else:
            name = rng.choice(list(shape.members))
            place, member = (name,), shape.members[name]
        changed = copy.deepcopy(document)
        change = rng.random()
        holder: Any = changed
        for step in place[:-1]:
            holder = holder[step]
        last = place[-1]
        if change < 0.08 and isinstance(holder, dict):
            holder.pop(last, None)
        elif change < 0.12 and isinstance(holder, dict):
            holder[rng.choice([str(last).upper(), f"_{last}", "unknown", "__class__"])] = holder.pop(last, 1)
        else:
            holder[last] = self._value(str(last) if isinstance(last, str) else "", member, depth=0)
        return changed

    def _value(self, name: str, shape: Shape | None, depth: int) -> Any:
        rng = self._rng
        pick = rng.random()
        if shape is None or pick < 0.08:
            return self._anything()
        if pick < 0.2 and (broken := list(broken_values(shape))):
            return rng.choice(broken)
        if isinstance(shape, StructureShape):
            members = [one for one in shape.members if one in shape.required_members or rng.random() < 0.5]
            return {one: self._value(one, shape.members[one], depth + 1) for one in members}
        if isinstance(shape, ListShape):
            size = rng.choice([0, 1, 1, 2, 5, 11, 51, 501]) if depth < 2 else 1
            if size > 5:
                return [self._value(name, shape.member, depth + 1)] * size
            return [self._value(name, shape.member, depth + 1) for _ in range(size)]
        if isinstance(shape, MapShape):
            keys = [self._value("", shape.key, depth + 1) for _ in range(rng.choice([0, 1, 2, 30]))]
            return {str(key): self._value(name, shape.value, depth + 1) for key in keys}
        return self._scalar(name, shape)

    def _scalar(self, name: str, shape: Shape) -> Any:
        rng = self._rng
        if name in texts.BY_MEMBER and rng.random() < 0.85:
            return texts.BY_MEMBER[name](rng)
        if shape.type_name == "string":
            if name.endswith("Arn") or shape.name == "Arn":
                return texts.arn(rng, self._arns)
            if "enum" in shape.metadata and rng.random() < 0.7:
                return rng.choice(shape.metadata["enum"])
            known = [
                "GENRES",
                "YEAR",
                "ITEMS",
                "DEVICE",
                '"space"',
                '"a","b"',
                "1990",
                "view",
                "alien",
                "ann",
            ]
            return rng.choice([*known, *texts.TEXTS])
        if shape.type_name == "boolean":
            return rng.choice([True, False])
        now = int(self._shop.world.clock.now)
        return rng.choice([*texts.NUMBERS, 1, 2, 5, 25, 100, now, now - 86_400])

    def _anything(self) -> Any:
        rng = self._rng
        deep: Any = 1
        for _ in range(rng.choice([2, 40, 400])):
            deep = [deep] if rng.random() < 0.5 else {"a": deep}
        return rng.choice([None, [], {}, [None], deep, {"": ""}, *texts.NUMBERS, *texts.TEXTS])

    # --- bytes ---

    def _bytes(self, call: Call) -> Call:
        rng = self._rng
        body = call.body
        made = rng.randrange(12)
        if made == 0:
            body = texts.broken(rng, body.decode()).encode()
        elif made == 1:
            place = rng.randrange(len(body) + 1)
            body = (
                body[:place]
                + rng.choice([b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\x00", b"\xf5"])
                + body[place:]
            )
        elif made == 2:
            body = rng.choice([b"[", b'{"a":']) * rng.choice([100, 5_000, 100_000])
        elif made == 3:
            body = body.decode().encode(rng.choice(["utf-16", "utf-32", "utf-8-sig", "utf-16-le"]))
        elif made == 4:
            body = gzip.compress(body, mtime=0)
        elif made == 5:
            body = rng.choice(
                [b"", b" ", b"null", b"[]", b"0", b'""', b"{}", b"{}{}", b"\n\n", b"true", b"-", b"Infinity"]
            )
        elif made == 6:  # every member twice
            body = b"{" + b",".join([body.strip()[1:-1] or b'"a":1'] * 2) + b"}"
        elif made == 7:
            body = bytes(rng.randrange(256) for _ in range(rng.choice([1, 20, 400])))
        elif made == 8:
            body = body[:-1] + b',"padding":"' + b"x" * rng.choice([10_000, 1_000_000]) + b'"}'
        elif made == 9:
            body = body.replace(b":", rng.choice([b"=", b"::", b" :\t"]), 1) + rng.choice(
                [b"", b",", b"//", b"\x1a"]
            )
        elif made == 10:
            body = body[:-1] + b',"n":' + b"9" * rng.choice([400, 5_000]) + b"}"
        else:
            body = b"&".join(b"%s=%s" % (name.encode(), b"1") for name in call.document or {}) or b"a=b"
        return replace(call, body=body, document=None)

    def _http(self, call: Call) -> Call:
        rng = self._rng
        fields = dict(call.headers)
        made = rng.randrange(7)
        if made == 0:
            call = replace(
                call, method=rng.choice(["GET", "PUT", "DELETE", "HEAD", "PATCH", "post", "X", ""])
            )
        elif made == 1:
            paths = [
                "/",
                "//",
                "/events",
                "/recommendations/",
                "/EVENTS",
                "/%65vents",
                "/../",
                "/a?b=c",
                "/events?x=1",
            ]
            call = replace(
                call,
                path=rng.choice([*paths, "/é", "/%00", "/" + "x" * 9000, "*", "", "/$default", "/items#"]),
            )
        elif made == 2:
            other = rng.choice(self._names)[1]
            targets = [
                "",
                ".",
                "AmazonPersonalize",
                f"AmazonPersonalize.{other}",
                f"Tastemaker.{other}",
                "X." + other,
            ]
            targets += [
                "AmazonPersonalize.",
                "AmazonPersonalize.__init__",
                "AmazonPersonalizeRuntime.GetRecommendations",
            ]
            fields["x-amz-target"] = rng.choice([*targets, "a" * 9000, "AmazonPersonalize.é", "\x00"])
        elif made == 3:
            types = [
                "",
                "text/plain",
                "application/xml",
                "multipart/form-data",
                "image/png",
                "application/cbor",
                ";;",
                "é",
            ]
            fields["content-type"] = rng.choice(
                [*types, "application/json; charset=utf-16", "application/x-www-form-urlencoded"]
            )
        elif made == 4:
            fields["x-tastemaker-explain"] = rng.choice(["true", "TRUE", "", "1", "é", "x" * 9000])
        elif made == 5:
            fields.pop(rng.choice(list(fields)))
        else:
            fields |= {f"x-{number}": "v" * rng.choice([1, 100]) for number in range(rng.choice([1, 200]))}
            fields["cookie"] = rng.choice(["a=b; c", ";", "=", ""])
        return replace(call, headers=tuple(fields.items()))


def _places(value: Any, shape: Shape | None, place: Place = ()) -> Iterator[tuple[Place, Shape | None]]:
    """Every place in a document, with the shape that the model has for it, down to `MAX_DEPTH`."""
    if place:
        yield place, shape
    if len(place) == MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, one in value.items():
            inner = shape.members.get(name) if isinstance(shape, StructureShape) else None
            inner = shape.value if isinstance(shape, MapShape) else inner
            yield from _places(one, inner, (*place, name))
    elif isinstance(value, list) and len(value) <= 5:
        for number, one in enumerate(value):
            yield from _places(one, shape.member if isinstance(shape, ListShape) else None, (*place, number))
