"""Clients that send events and know which were acknowledged.

A client repeats a request until it succeeds, as an SDK and a careful program do, and sometimes sends one
again that had succeeded. Half of the users number their events from 1, so ids are the same across users;
the others give no ids. Every third user begins with a session and logs in later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

EVENTS_PER_REQUEST = 10
MAX_ATTEMPTS = 200
SECOND = 1
Send = Callable[[str, dict[str, Any]], Any]
"""Performs an operation of personalize-events, or raises."""


@dataclass
class Sent:
    """What was acknowledged: the items of users, of sessions without a login, and of actions."""

    by_user: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_session: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    actions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    users_of_sessions: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(
            len(found) for one in (self.by_user, self.by_session, self.actions) for found in one.values()
        )

    def trained(self) -> dict[str, list[str]]:
        """The items of each user's events as training knows them, with those before a login."""
        found = {user: list(items) for user, items in self.by_user.items()}
        for session, items in self.by_session.items():
            if session in self.users_of_sessions:
                found.setdefault(self.users_of_sessions[session], []).extend(items)
        return found


@dataclass
class Traffic:
    """Requests of `users` users. Each event has an item of its own, so that every copy is seen."""

    random: Random
    send: Send
    trackers: tuple[str, str]
    start: int
    users: int = 50
    sent: Sent = field(default_factory=Sent)
    requests: int = 0
    repeats: int = 0
    _number: int = 0
    _ids: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def events(self, count: int) -> None:
        """Send about so many events, in requests of ten, and some on actions."""
        until = self.sent.count + count
        while self.sent.count < until:
            user = f"user-{self.random.randrange(self.users)}"
            if self.random.random() < 0.1:
                self._action(user)
            else:
                self._visit(user)

    def _visit(self, user: str) -> None:
        number = int(user.rpartition("-")[2])
        session = f"session-{user}"
        logged_in = session in self.sent.users_of_sessions or number % 3 != 0 or self.random.random() < 0.3
        items = list(self._items(EVENTS_PER_REQUEST))
        request: dict[str, Any] = {
            "trackingId": self.trackers[0],
            "sessionId": session,
            "eventList": [self._event(item, user, number) for item in items],
        }
        if logged_in:
            request["userId"] = user
        self._acknowledged("PutEvents", request)
        if logged_in:
            self.sent.by_user[user] += items
            self.sent.users_of_sessions[session] = user
        else:
            self.sent.by_session[session] += items

    def _action(self, user: str) -> None:
        items = list(self._items(3))
        interactions = [
            {
                "actionId": item,
                "userId": user,
                "sessionId": f"session-{user}",
                "timestamp": self._time(),
                "eventType": "Taken",
            }
            for item in items
        ]
        request = {"trackingId": self.trackers[1], "actionInteractions": interactions}
        self._acknowledged("PutActionInteractions", request)
        self.sent.actions[user] += items

    def _event(self, item: str, user: str, number: int) -> dict[str, Any]:
        event: dict[str, Any] = {"eventType": "view", "itemId": item, "sentAt": self._time()}
        if number % 2:
            self._ids[user] += 1
            event["eventId"] = str(self._ids[user])
        return event

    def _items(self, count: int) -> Iterator[str]:
        for _ in range(count):
            self._number += 1
            yield f"item-{self._number}"

    def _time(self) -> int:
        return self.start + self._number * SECOND

    def _acknowledged(self, operation: str, request: dict[str, Any]) -> None:
        """Send until it succeeds; then, sometimes, once more."""
        self.requests += 1
        for _ in range(MAX_ATTEMPTS):
            try:
                self.send(operation, request)
            except Exception:
                self.repeats += 1
                continue
            if self.random.random() < 0.05:
                self.repeats += 1
                with suppress(Exception):
                    self.send(operation, request)
            return
        raise AssertionError(f"{operation} did not succeed in {MAX_ATTEMPTS} attempts")
