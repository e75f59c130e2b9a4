from tastemaker.contracts import lake_layout
from tastemaker.contracts.lake_layout import Area, GroupFolder, TrainingFolder, patterns

FOLDER = GroupFolder("films")


def test_keys_stay_where_existing_lakes_have_them() -> None:
    imports = FOLDER.dataset("ITEMS")
    assert lake_layout.dataset_import(imports, "first") == "groups/films/datasets/ITEMS/first/"
    assert FOLDER.events == "groups/films/events/"
    assert FOLDER.action_events == "groups/films/actions/"
    assert FOLDER.training("s", "1").config == "groups/films/training/s/1/config.json"
    assert FOLDER.training("s", "1").prepared.shard(7) == "groups/films/training/s/1/prepared/00007.npz"
    assert FOLDER.models("s", "1") == "groups/films/models/s/1/"
    assert FOLDER.batch_job("j-1").part(2, 3) == "groups/films/batch/j-1/parts/000002/000003.jsonl"
    assert FOLDER.data_deletion_job("d-1").tasks == "groups/films/erase/d-1/work.json"
    assert FOLDER.attribution("m-1").events_batch(7).sent(1) == (
        "groups/films/attribution/m-1/events/00000007/sent-0001"
    )


def test_keys_of_refreshes_and_solution_follow_from_the_bundle() -> None:
    bundle = lake_layout.bundle_of_job(FOLDER.models("s", "1"), "job")
    assert bundle == "groups/films/models/s/1/job/output/model/"
    assert lake_layout.refreshes_of(bundle, "c") == "groups/films/models/s/1/job/refreshes/c/"
    assert lake_layout.is_refresh_of("groups/films/models/s/1/job/refreshes/c/x/state.json", "c")
    assert lake_layout.solution_models_of(bundle) == FOLDER.solution_models("s")


def test_keys_of_a_training_are_recognized() -> None:
    folder = FOLDER.training("s", "1")
    assert TrainingFolder.of_config(folder.config) == folder
    assert lake_layout.is_upserts_key(folder.upserts("USERS"), "USERS")
    assert not lake_layout.is_upserts_key(folder.upserts("ITEMS"), "USERS")
    assert lake_layout.prepared_prefix_of(folder.prepared.shard(1)) == folder.prepared.prefix
    assert lake_layout.prepared_prefix_of(folder.config) is None


def test_patterns_match_an_area_of_every_group() -> None:
    assert patterns(Area.MODELS, Area.DATA_DELETION) == ["groups/*/models/*", "groups/*/erase/*"]
    assert lake_layout.REFRESHES_PATTERN == "groups/*/models/*/refreshes/*"
