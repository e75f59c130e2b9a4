"""Keys of tables never meet, whatever users and sessions are called."""

from hypothesis import given
from hypothesis import strategies as st

from tastemaker.contracts import table_keys

USERS = st.text(min_size=1, max_size=12)


@given(USERS)
def test_key_of_a_profile_begins_with_its_group_and_is_no_key_of_the_index(user: str) -> None:
    key = table_keys.profile_key("films", user)
    assert key.startswith(table_keys.profile_prefix("films"))
    assert not key.startswith(table_keys.profile_prefix("film"))
    assert not any(key == table_keys.profile_index("films", at) for at in range(table_keys.INDEX_PARTITIONS))


@given(USERS)
def test_user_has_the_same_part_of_the_index_each_time(user: str) -> None:
    parts = [table_keys.profile_index("films", at) for at in range(table_keys.INDEX_PARTITIONS)]
    assert table_keys.profile_index_of("films", user) in parts
    assert table_keys.profile_index_of("films", user) == table_keys.profile_index_of("films", user)


def test_change_log_of_a_dataset_is_not_its_catalog() -> None:
    assert table_keys.change_log("arn:d") != "arn:d"
