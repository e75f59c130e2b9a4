"""The same seed and time give the same identifiers and times, in one thread and no other."""

from __future__ import annotations

import threading
import time

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from local.moto_patches.pinned import install, pinned


def draw() -> list[object]:
    return [
        mock_random.uuid4(),
        mock_random.get_random_string(),
        mock_random.random(),
        mock_random.choice(range(1000)),
        utcnow(),
    ]


def test_same_seed_and_time_give_the_same_identifiers_and_times():
    install()
    with pinned(7, 1000.5):
        first = draw()
    with pinned(7, 1000.5):
        assert draw() == first
    with pinned(8, 1000.5):
        assert draw()[:-1] != first[:-1]
    assert first[-1].isoformat() == "1970-01-01T00:16:40.500000"


def test_other_threads_and_later_calls_draw_as_before():
    install()
    found: list[list[object]] = []
    with pinned(7, 1000.5):
        inside = draw()
        thread = threading.Thread(target=lambda: found.append(draw()))
        thread.start()
        thread.join()
    found.append(draw())
    for other in found:
        assert other[0] != inside[0]
        assert abs(other[-1].timestamp() - time.time()) < 86_400
