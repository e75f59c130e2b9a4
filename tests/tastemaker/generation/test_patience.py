from random import Random

import pytest

from tastemaker.generation.generator import (
    CeilingReached,
    Generated,
    Prompt,
    Refused,
    Throttled,
    TimedOut,
    Unavailable,
    Usage,
)
from tastemaker.generation.patience import (
    MAX_TRIES,
    RESERVATIONS,
    UNAVAILABLE_SECONDS,
    Patient,
    Spending,
    TimeLimit,
)
from tests.tastemaker.generation.generators import PROMPT, Scripted


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def patient(scripted: Scripted, time: Time, ceiling: float = 1.0, seconds: float = 60.0) -> Patient:
    return Patient(
        scripted, Spending(ceiling), seconds=seconds, clock=time.clock, sleep=time.sleep, rng=Random(1)
    )


def test_throttled_call_is_made_again_after_longer_and_longer_waits() -> None:
    time = Time()
    scripted = Scripted(*[Throttled("later")] * 4, "Teas")
    assert patient(scripted, time).generate(PROMPT).text == "Teas"
    assert len(time.waits) == 4
    assert all(wait <= 0.5 * 2**place for place, wait in enumerate(time.waits))
    assert max(time.waits) > 0.5


def test_it_gives_up_after_so_many_tries() -> None:
    scripted = Scripted(*[TimedOut("no answer")] * (MAX_TRIES + 1))
    with pytest.raises(TimedOut):
        patient(scripted, Time(), seconds=1e9).generate(PROMPT)
    assert len(scripted.prompts) == MAX_TRIES


def test_it_gives_up_when_the_next_wait_would_end_too_late() -> None:
    time, scripted = Time(), Scripted(*[Throttled("later")] * MAX_TRIES)
    with pytest.raises(Throttled):
        patient(scripted, time, seconds=1.0).generate(PROMPT)
    assert time.now <= 1.0 and len(scripted.prompts) < MAX_TRIES


def test_refusal_is_not_repeated() -> None:
    scripted = Scripted(Refused("no"), "Teas")
    with pytest.raises(Refused):
        patient(scripted, Time()).generate(PROMPT)
    assert len(scripted.prompts) == 1


def test_texts_of_one_request_share_its_time() -> None:
    """A function that writes several texts must answer before its own time is up."""
    time = Time()
    limit = TimeLimit(time.clock)

    def slow(prompt: Prompt) -> Generated:
        time.now += 5.0
        return Generated("Teas")

    scripted = Scripted()
    scripted.generate = slow  # type: ignore[method-assign]
    made = Patient(scripted, seconds=60.0, call_seconds=8.0, limit=limit, clock=time.clock, sleep=time.sleep)
    for _ in range(2):
        time.now += 100.0  # between two requests
        started = time.now
        limit.start(20.0)
        for _ in range(3):
            assert made.generate(PROMPT).text == "Teas"
        with pytest.raises(TimedOut, match="time for all texts is up"):
            made.generate(PROMPT)
        assert time.now - started <= 20.0


def test_no_try_begins_that_could_end_too_late() -> None:
    time, scripted = Time(), Scripted(*[Throttled("later")] * MAX_TRIES)
    made = Patient(
        scripted, seconds=10.0, call_seconds=9.0, clock=time.clock, sleep=time.sleep, rng=Random(1)
    )
    with pytest.raises(Throttled):
        made.generate(PROMPT)
    assert time.now <= 1.0


def test_model_that_was_unavailable_is_called_again_after_some_minutes() -> None:
    time, scripted = Time(), Scripted(Unavailable("no access"), "Teas")
    made = patient(scripted, time)
    for _ in range(2):
        with pytest.raises(Unavailable):
            made.generate(PROMPT)
    time.now += UNAVAILABLE_SECONDS
    assert made.generate(PROMPT).text == "Teas"


def test_model_that_is_unavailable_is_called_once() -> None:
    scripted = Scripted(Unavailable("no access"))
    made = patient(scripted, Time())
    for _ in range(3):
        with pytest.raises(Unavailable, match="no access"):
            made.generate(PROMPT)
    assert len(scripted.prompts) == 1


def test_tokens_and_cost_are_counted() -> None:
    made = patient(Scripted("a", "b"), Time())
    made.generate(PROMPT)
    made.generate(PROMPT)
    assert (made.spending.calls, made.spending.usage.input_tokens, made.spending.usage.output_tokens) == (
        2,
        200,
        20,
    )
    assert made.spending.spent == pytest.approx(0.02)


def test_no_call_is_made_that_could_exceed_the_ceiling() -> None:
    scripted = Scripted("a", "b", "c")
    made = patient(scripted, Time(), ceiling=0.03)
    made.generate(PROMPT)  # 0.01 is spent, and the next call can cost 0.02
    made.generate(PROMPT)
    with pytest.raises(CeilingReached, match=r"generation\.ceilingUsd"):
        made.generate(PROMPT)
    assert made.spending.spent <= 0.03 and scripted.answers == ["c"]


def test_what_calls_may_cost_is_noted_before_they_are_made() -> None:
    """An attempt that dies cannot say what it has spent."""
    cost = 1 / 64
    noted: list[float] = []
    spending = Spending(1.0, on_reserve=noted.append)
    for _ in range(64):
        spending.check(cost)
        assert noted[-1] >= spending.spent + cost
        spending.add(cost, Usage())
    assert noted[-1] == 1.0 and len(noted) <= 2 * RESERVATIONS
    with pytest.raises(CeilingReached):
        spending.check(cost)


def test_call_without_an_answer_counts_as_the_most_that_it_can_have_cost() -> None:
    """Bedrock may have written a text that never arrived."""
    made = patient(Scripted(TimedOut("no answer"), "Teas"), Time())
    made.generate(PROMPT)
    assert (made.spending.lost, made.spending.spent) == (0.02, pytest.approx(0.01))
    assert made.spending.calls == 2 and made.spending.counted == pytest.approx(0.03)


def test_calls_without_answers_stop_at_the_ceiling() -> None:
    scripted = Scripted(*[TimedOut("no answer")] * MAX_TRIES)
    made = patient(scripted, Time(), ceiling=0.05, seconds=1e9)
    with pytest.raises(CeilingReached):
        made.generate(PROMPT)
    assert len(scripted.prompts) == 2 and made.spending.counted <= 0.05


def test_throttled_call_costs_nothing() -> None:
    made = patient(Scripted(Throttled("later"), "Teas"), Time())
    made.generate(PROMPT)
    assert made.spending.lost == 0.0


def test_tokens_of_a_refusal_are_paid() -> None:
    made = patient(Scripted(Refused("filtered", Usage(100, 10))), Time())
    with pytest.raises(Refused):
        made.generate(PROMPT)
    assert (made.spending.spent, made.spending.usage) == (pytest.approx(0.01), Usage(100, 10))
