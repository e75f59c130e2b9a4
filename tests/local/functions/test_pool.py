"""Workers are kept warm, and calls at the same time run side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def test_second_invocation_uses_the_same_worker(invoke):
    first, _ = invoke("echo", 1)
    second, _ = invoke("echo", 2)
    assert first["pid"] == second["pid"]


def test_concurrent_invocations_run_in_separate_environments(invoke):
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: invoke("echo", {"sleep": 1.0}), range(3)))
    assert len({answer["pid"] for answer, _ in answers}) == 3
    assert len({answer["tmp"] for answer, _ in answers}) == 3  # each environment has a /tmp of its own
