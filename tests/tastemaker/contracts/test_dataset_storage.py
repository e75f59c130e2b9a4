"""Where the data of dataset groups and datasets are."""

import pytest

from tastemaker.contracts.dataset_storage import DatasetStorage, group_folder, is_of_group
from tastemaker.contracts.lake_layout import Area

DATASET = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/"


def test_folders_and_keys_have_the_data_id() -> None:
    storage = DatasetStorage(f"{DATASET}INTERACTIONS", "1f2e")
    assert storage.event_group == "films.1f2e" and storage.events == "groups/films.1f2e/events/"
    assert storage.catalog == f"{DATASET}INTERACTIONS.1f2e"
    assert storage.folder_name == "INTERACTIONS.1f2e"
    assert group_folder({"name": "films", "_dataId": "3d4c"}).prefix == "groups/films.3d4c/"


def test_action_interactions_have_an_event_group_of_their_own() -> None:
    storage = DatasetStorage(f"{DATASET}ACTION_INTERACTIONS", "1f2e")
    assert storage.event_group == "films.1f2e/actions" and storage.events == "groups/films.1f2e/actions/"


def test_data_from_before_data_ids_stay_under_their_names() -> None:
    storage = DatasetStorage(f"{DATASET}INTERACTIONS", None)
    assert storage.event_group == "films" and storage.events == "groups/films/events/"
    assert storage.catalog == f"{DATASET}INTERACTIONS" and storage.folder_name == "INTERACTIONS"
    assert group_folder({"name": "films"}).prefix == "groups/films/"


@pytest.mark.parametrize(
    ("key", "area", "belongs"),
    [
        ("groups/films/events/a", None, True),
        ("groups/films.1f2e/events/a", Area.EVENTS, True),
        ("groups/films.1f2e/models/a", Area.EVENTS, False),
        ("groups/films-2/events/a", None, False),
        ("plans/films/a", None, False),
        ("groups/", None, False),
    ],
)
def test_key_of_a_group_is_recognized_with_any_data_id(key: str, area: Area | None, belongs: bool) -> None:
    assert is_of_group(key, "films", area) is belongs
