"""Items with few interactions are new if they are too young to have more."""

import numpy as np

from tests.training.algorithms.histories import bought
from training.algorithms.newness import new_items

DAY = 86_400
LATEST = 100 * DAY
NAMES = ("old", "young", "none", "made")


def found(*few: tuple[str, int], unwanted: int = 0, untouched: int = 0, wrong: int = 0) -> dict[str, bool]:
    """Twenty items with an interaction a day, one every five days, and the `few` others of (name, day).

    Each of `unwanted` more items got one interaction, at some time, and each of `untouched` more got none. If
    `wrong` is not 0, an interaction with the first item has this time.
    """
    known = 20
    people = [
        [(item, (5 * item + day) * DAY) for day in range(6) if 5 * item + day < 100] for item in range(known)
    ]
    people += [[(known + NAMES.index(name), day * DAY)] for name, day in few]
    people += [[(known + len(NAMES) + item, (item * 97 % 100) * DAY)] for item in range(unwanted)]
    count = known + len(NAMES) + unwanted + untouched
    if wrong:
        people.append([(0, wrong)])
    latest = max(LATEST, wrong)
    created = np.full(count, latest)
    for person in people:
        for item, time in person:
            created[item] = min(created[item], time)
    told = np.arange(count) == known + NAMES.index("made")
    created[told] = 97 * DAY
    new = new_items(bought(*people), created, told, latest)
    return dict(zip(NAMES, new[known : known + len(NAMES)].tolist(), strict=True))


def test_item_is_new_until_others_of_its_age_have_five_interactions() -> None:
    assert found(("old", 40), ("young", 97)) == {"old": False, "young": True, "none": True, "made": True}


def test_interaction_with_a_wrong_time_makes_no_new_item_old() -> None:
    new = found(("old", 40), ("young", 97), wrong=LATEST + 350 * DAY)
    assert new == {"old": False, "young": True, "none": True, "made": True}


def test_first_interaction_makes_nothing_new_where_most_items_stay_without_more() -> None:
    new = found(("old", 40), ("young", 97), unwanted=300)
    assert new == {"old": False, "young": False, "none": True, "made": True}


def test_no_interaction_makes_nothing_new_where_many_items_have_none() -> None:
    new = found(("old", 40), ("young", 97), unwanted=300, untouched=50)
    assert new == {"old": False, "young": False, "none": False, "made": True}


def test_known_items_are_not_new() -> None:
    people = [[(0, LATEST - 5 + second)] for second in range(5)]
    no = np.zeros(1, bool)
    assert new_items(bought(*people), np.array([LATEST - 5]), no, LATEST).tolist() == [False]
