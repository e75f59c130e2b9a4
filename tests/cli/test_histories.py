"""Users whose lists are shown, and what they did."""

from collections import Counter
from pathlib import Path

from cli.histories import histories, typical_users


def test_users_with_a_typical_history_come_first() -> None:
    counts = Counter({f"u{n}": n for n in range(1, 101)})
    assert typical_users(counts, 3) == ["u52", "u91", "u27"]
    assert typical_users(Counter({"a": 1, "b": 2}), 3) == ["b", "a"]


def test_newest_items_of_a_user_are_in_the_order_of_their_times(tmp_path: Path) -> None:
    path = tmp_path / "interactions.csv"
    path.write_text('USER_ID,ITEM_ID,TIMESTAMP\nu1,b,20\nu2,x,5\nu1,a,10\nu1,"c\\"d",30\n')
    assert histories(path, ["u1"], 2) == {"u1": ["b", 'c"d']}
