"""A loop that begins with `start` and ends with `stop`."""

import threading

from local.scheduling.ticking import Ticking


class Counted(Ticking):
    thread_name = "counted ticks"

    def __init__(self) -> None:
        super().__init__()
        self.ticked = threading.Event()

    def tick(self) -> None:
        self.ticked.set()


def running() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == Counted.thread_name]


def test_ticks_from_start_to_stop() -> None:
    counted = Counted()
    assert not running()
    counted.start()
    assert counted.ticked.wait(30)
    (thread,) = running()
    counted.stop()
    thread.join(30)
    assert not running()
