"""Retries, time limits and ceilings on cost around a generator."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tastemaker.generation.generator import (
    Around,
    CeilingReached,
    Generated,
    Generator,
    Prompt,
    Refused,
    Throttled,
    TimedOut,
    Unavailable,
    Usage,
)

MAX_TRIES = 6
FIRST_WAIT_SECONDS = 0.5
MAX_WAIT_SECONDS = 16.0
RESERVATIONS = 20
"""In how many parts a ceiling is reserved."""
UNAVAILABLE_SECONDS = 300.0
"""How long a model that cannot be called is not called again. Access may be granted meanwhile."""


class TimeLimit:
    """The time that all texts of a request or a shard may take together. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until = clock, float("inf")

    def start(self, seconds: float) -> None:
        """Allow so many seconds from now."""
        self._until = self._clock() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left. Infinity before the start."""
        return self._until - self._clock()


@dataclass
class Spending:
    """What calls have cost, and the most that they may cost, in US dollars. No ceiling is infinity.

    `lost` is the most that calls without an answer can have cost: the service may have written a text that
    never arrived. It counts against the ceiling.
    `on_reserve` receives what calls may have cost at most, before they are made, a part of the ceiling at a
    time.
    """

    ceiling: float = float("inf")
    spent: float = 0.0
    lost: float = 0.0
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    on_reserve: Callable[[float], None] = lambda _: None
    reserved: float = 0.0

    @property
    def counted(self) -> float:
        """What counts against the ceiling."""
        return self.spent + self.lost

    def check(self, largest: float) -> None:
        """Reserve what a call can cost. Raises CeilingReached if that could exceed the ceiling."""
        if self.counted + largest > self.ceiling:
            raise CeilingReached(
                f"{self.counted:.4f} USD are spent, and the next text can cost {largest:.4f} USD: the "
                f"ceiling is {self.ceiling:g} USD. Raise generation.ceilingUsd of the stage, or ask for "
                "fewer texts."
            )
        if self.counted + largest > self.reserved:
            self.reserved = min(self.ceiling, self.counted + max(largest, self.ceiling / RESERVATIONS))
            self.on_reserve(self.reserved)

    def lose(self, largest: float) -> None:
        """Count a call that got no answer, and may have been paid for all the same."""
        self.calls += 1
        self.lost += largest

    def add(self, cost: float, usage: Usage) -> None:
        """Count one call."""
        self.calls += 1
        self.spent += cost
        self.usage += usage


class Patient(Around):
    """A Generator that calls another one, and again if it was throttled or timed out.

    It waits between two tries: twice as long each time, times a random share, so that many callers do not
    return at once ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). It gives up after
    `MAX_TRIES`, or when the next try could end after `seconds`, or after the time that `limit` leaves for all
    texts. A call takes at most `call_seconds`. A model that is unavailable is not called again for
    `UNAVAILABLE_SECONDS`. `clock` and `sleep` count seconds.
    """

    def __init__(
        self,
        generator: Generator,
        spending: Spending | None = None,
        *,
        seconds: float = 60.0,
        call_seconds: float = 0.0,
        limit: TimeLimit | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
        on_throttle: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(generator)
        self.spending = spending or Spending()
        self._seconds, self._call_seconds, self._limit = seconds, call_seconds, limit or TimeLimit(clock)
        self._clock, self._sleep = clock, sleep
        self._rng, self._on_throttle = rng or Random(), on_throttle
        self._unavailable: tuple[Unavailable, float] | None = None

    def generate(self, prompt: Prompt) -> Generated:
        """The answer of the generator. Raises GeneratorError."""
        started = self._clock()
        self._check_available(started)
        largest = self.largest_cost(prompt)
        until = started + min(self._seconds, self._limit.left) - self._call_seconds
        if started > until:
            raise TimedOut("The time for all texts is up; ask for fewer texts at once.")
        for tried in range(1, MAX_TRIES + 1):
            self.spending.check(largest)
            try:
                answer = self._generator.generate(prompt)
            except Unavailable as error:
                self._unavailable = error, self._clock()
                raise
            except Refused as error:
                self.spending.add(self.cost(error.usage), error.usage)
                raise
            except (Throttled, TimedOut) as error:
                if isinstance(error, Throttled):
                    self._on_throttle()
                else:
                    self.spending.lose(largest)
                wait = self._wait(tried)
                if tried == MAX_TRIES or self._clock() + wait > until:
                    raise
                self._sleep(wait)
            else:
                self.spending.add(self.cost(answer.usage), answer.usage)
                return answer
        raise AssertionError("the last try returns or raises")

    def _check_available(self, now: float) -> None:
        """Raise Unavailable if the model was unavailable a moment ago."""
        if self._unavailable is not None and now < self._unavailable[1] + UNAVAILABLE_SECONDS:
            raise self._unavailable[0]
        self._unavailable = None

    def _wait(self, tried: int) -> float:
        longest: float = min(FIRST_WAIT_SECONDS * 2 ** (tried - 1), MAX_WAIT_SECONDS)
        return longest * self._rng.random()
