"""The length of a training follows what passes gain on validation data, and the budget."""

from itertools import pairwise

import pytest

from training.algorithms.course import MAX_PASSES_WITHOUT_GAIN, MIN_GAIN, MIN_GAIN_OF_SMALL_DATA, Course

ENDLESS = 1000


def run(course: Course, curve, affordable: int = ENDLESS) -> Course:
    """Make all passes of a course. `curve` gives what each pass reaches, from 1 on."""
    while not course.over:
        number = course.done + 1
        course.note(curve(number), affordable - number)
    return course


def saturating(number: int) -> float:
    return 0.25 * (1 - 0.6**number)


def test_training_goes_on_while_passes_gain_enough() -> None:
    course = run(Course(least=3), saturating)
    assert course.high is not None and course.last is not None
    assert 5 <= course.high <= 10
    assert course.last == course.high + -(-course.high // 3)
    assert saturating(course.high + 1) / saturating(course.high) < 1 + 2 * MIN_GAIN


def test_pass_that_brings_one_percent_is_made_and_one_that_brings_less_is_not() -> None:
    """Passes are expected to gain seven tenths of what the passes before gained."""
    worth = run(Course(least=3), lambda number: 0.2 * 1.018**number, affordable=20)
    assert worth.done == 20 and worth.out_of_time
    assert run(Course(least=3), lambda number: 0.2 * 1.012**number, affordable=20).done == 3


def test_flat_validation_takes_the_least_passes() -> None:
    assert run(Course(least=3), lambda number: 0.2).last == 3


def test_steeper_curve_gets_more_passes() -> None:
    slow = run(Course(least=3), lambda number: 0.25 * (1 - 0.8**number))
    assert slow.done > run(Course(least=3), saturating).done


def test_passes_end_soon_after_validation_stops_rising() -> None:
    course = run(Course(least=40), lambda number: 0.2 - 0.001 * number)
    assert course.done == 1 + MAX_PASSES_WITHOUT_GAIN


@pytest.mark.parametrize("least", [4, 5, 6, 7, 9, 13, 40])
def test_small_data_gets_the_passes_that_it_asks_for(least: int) -> None:
    """A curve as on the movie ratings: a pass promises 3 % when the rate may fall."""
    course = run(Course(least, gain=MIN_GAIN_OF_SMALL_DATA), lambda number: 0.2 * 1.04**number)
    assert course.done == least
    assert course.high == least * 3 // 4


def test_small_data_gets_more_passes_while_each_promises_much() -> None:
    """A curve as on 150 thousand reviews of users with seven each: .65, .75, .83, .88, .91, .92."""
    course = run(Course(least=4, gain=MIN_GAIN_OF_SMALL_DATA), lambda number: 0.1 * (1 - 0.6**number))
    assert course.high is not None and course.high > 3
    assert 4 < course.done < run(Course(least=4), lambda number: 0.1 * (1 - 0.6**number)).done


@pytest.mark.parametrize("affordable", [1, 2, 5, 9])
def test_budget_is_kept_and_the_rate_still_falls(affordable: int) -> None:
    course = run(Course(least=3), lambda number: float(number), affordable)
    assert course.done == affordable
    assert affordable == 1 or (course.high is not None and course.high < affordable)


def test_rate_is_high_first_and_then_falls_to_its_end() -> None:
    course, turns = Course(least=3), []
    while not course.over:
        turns.append(course.turn)
        course.note(saturating(course.done + 1), ENDLESS)
    high = course.high
    assert high is not None
    assert set(turns[:high]) == {(0.0, 0.0)}
    assert turns[high].before == 0.0 and turns[-1].after == 1.0
    assert all(one.after == pytest.approx(next_one.before) for one, next_one in pairwise(turns[high:]))


def test_fixed_passes_are_all_made_at_a_falling_rate() -> None:
    course = Course(least=4, fixed=True)
    first = course.turn
    assert run(course, lambda number: float(number)).done == 4
    assert (first.before, first.after) == (0.0, 0.25)


def test_budget_is_not_blamed_for_the_end_of_passes_without_gain() -> None:
    stuck, short = Course(least=3), Course(least=3)
    for _ in range(3):
        stuck.note(0.0, affordable=100)
    short.note(0.1, affordable=1)
    assert stuck.high == 3 and not stuck.out_of_time
    assert short.high == 1 and short.out_of_time
