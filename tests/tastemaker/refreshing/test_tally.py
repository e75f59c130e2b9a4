"""A tally counts each event once, in any order, with its impressions."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.refreshing.tally import BUCKETS, Event, Tally

NOW, WINDOW = 1_700_000_000, 7200
EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from("abcdefgh"),
        st.sampled_from(["x", "y", None]),
        st.sampled_from(["view", "buy"]),
        st.integers(NOW - 3 * WINDOW, NOW + 60),
        st.sampled_from([None, "x|y", "z"]),
    ),
    unique_by=lambda event: event.event_id,
)


def view(name: str, item: str | None, at: int = NOW, **more: str) -> Event:
    return Event(name, item, "view", at, **more)


@given(EVENTS, st.randoms(), st.integers(1, 4))
@settings(max_examples=40)
def test_order_repetition_and_chunks_do_not_matter(events, random, portions):
    once = Tally(WINDOW)
    once.add(events, now=NOW)
    again = [*events, *random.sample(events, len(events) // 2)]
    random.shuffle(again)
    tally = Tally(WINDOW)
    for portion in range(portions):
        tally.add(again[portion::portions], now=NOW)
    assert tally.windows(NOW) == once.windows(NOW)
    assert (tally.shown, tally.taken, tally.first) == (once.shown, once.taken, once.first)


@given(EVENTS)
@settings(max_examples=40)
def test_saved_tally_continues(events):
    whole, kept = Tally(WINDOW), Tally(WINDOW)
    whole.add(events, now=NOW)
    kept.add(events[::2], now=NOW)
    kept = Tally.loads(kept.dumps(NOW))
    kept.add(events[1::2], now=NOW)
    assert kept.windows(NOW) == whole.windows(NOW)
    assert (kept.shown, kept.taken, kept.latest) == (whole.shown, whole.taken, whole.latest)


def test_event_id_is_one_users_own():
    tally = Tally()
    tally.add([view("1", "x", user="u"), view("1", "x", user="v"), view("1", "y", user="u")], now=NOW)
    tally.add(
        [view("1", "z", session="s"), view("1", "z", session="t"), view("1", "x", session="s")], now=NOW
    )
    assert tally.taken == Counter(x=2, z=2)


def test_windows_are_adjacent_and_old_buckets_are_dropped():
    tally = Tally(WINDOW)
    tally.add([view("1", "x"), view("2", "x", NOW - WINDOW), view("3", "y", NOW - 2 * WINDOW)], now=NOW)
    assert tally.windows(NOW) == (Counter(x=1), Counter(x=1))
    assert tally.windows(NOW + WINDOW) == (Counter(), Counter(x=1))
    assert len(Tally.loads(tally.dumps(NOW)).recent) == 2 and tally.bucket * BUCKETS == WINDOW


def test_untrained_event_type_only_counts_impressions():
    tally = Tally()
    tally.add(
        [view("1", "x", impression="x|y|y")], now=NOW, is_trained=lambda event: event.event_type == "buy"
    )
    assert tally.shown == Counter(x=1, y=1) and not tally.taken


def test_answer_counts_once_and_explicit_impressions_take_precedence():
    asked: list[set[str]] = []

    def impressions(ids):
        asked.append(set(ids))
        return {one: ["x", "y"] for one in ids if one == "known"}

    tally = Tally()
    events = [
        view("1", "x", recommendation_id="known"),
        view("2", "y", recommendation_id="known"),
        view("3", "y", recommendation_id="other", impression="z"),
        view("4", None, recommendation_id="forgotten"),
    ]
    for event in events:
        tally.add([event], now=NOW, impressions=impressions)
    assert (tally.shown, tally.implied) == (Counter(z=1), Counter(x=1, y=1))
    kept = Tally.loads(tally.dumps(NOW)).after_training(WINDOW)
    assert (kept.shown, kept.implied, kept.taken) == (Counter(), Counter(x=1, y=1), Counter())
    assert asked == [{"known"}, {"forgotten"}]
