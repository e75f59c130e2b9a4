"""Requests that can be repeated: moto gives the same identifiers and times for the same seed and time.

moto draws identifiers from one generator for the whole process, and reads the clock where it needs it. Here a
thread can have a generator and a clock of its own while it performs a request. Other threads notice nothing.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType
from typing import Any

from moto.core import utils
from moto.moto_api._internal.moto_random import MotoRandom
from moto.s3 import models as s3
from moto.secretsmanager import models as secretsmanager
from moto.stepfunctions.parser.backend import state_machine

_thread = threading.local()
_CLOCKS: tuple[tuple[ModuleType, str], ...] = (
    (utils, "datetime"),
    (s3, "datetime"),
    (secretsmanager, "time"),
    (state_machine, "datetime"),
)
"""Modules of moto that read the clock for services whose state is kept, and what they read it from."""


@contextmanager
def pinned(seed: int, moment: float) -> Iterator[None]:
    """Let this thread draw identifiers from `seed` and read `moment`, in epoch seconds, from the clock."""
    _thread.random, _thread.moment = Random(seed), moment
    try:
        yield
    finally:
        _thread.random = _thread.moment = None


def install() -> None:
    """Apply the changes; a second call changes nothing."""
    MotoRandom.getrandbits = _getrandbits  # type: ignore[method-assign, assignment]
    MotoRandom.random = _random  # type: ignore[method-assign, assignment]
    for module, name in _CLOCKS:
        setattr(module, name, _MODULES[name])


def _getrandbits(self: MotoRandom, bits: int) -> int:
    own = getattr(_thread, "random", None)
    return own.getrandbits(bits) if own is not None else Random.getrandbits(self, bits)


def _random(self: MotoRandom) -> float:
    own = getattr(_thread, "random", None)
    return own.random() if own is not None else Random.random(self)


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime.datetime)


class _Datetime(datetime.datetime, metaclass=_AnyDatetime):
    """`datetime.datetime` with a clock that a thread can pin."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        moment = getattr(_thread, "moment", None)
        real = datetime.datetime
        return real.now(tz) if moment is None else real.fromtimestamp(moment, tz)


class _DatetimeModule(ModuleType):
    """The module `datetime` with that class."""

    datetime = _Datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


class _TimeModule(ModuleType):
    """The module `time` with such a clock."""

    @staticmethod
    def time() -> float:
        moment = getattr(_thread, "moment", None)
        return time.time() if moment is None else float(moment)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


_MODULES = {"datetime": _DatetimeModule("datetime"), "time": _TimeModule("time")}
