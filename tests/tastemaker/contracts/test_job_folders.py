from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.lake_layout import GroupFolder


def test_mark_of_a_shard_is_read_back() -> None:
    folder = GroupFolder("shop.1a2b").batch_job("nightly")
    part = folder.part(3, 12)
    assert folder.counted(folder.count(part, 500, 498)) == (part, 500, 498)
    assert folder.count(part, 500, 498).startswith(folder.counts)


def test_files_of_a_job_have_keys_of_their_own() -> None:
    folder = BatchFolder("groups/shop/batch/nightly/")
    part = folder.part(0, 0)
    keys = [folder.shards, folder.files, folder.audience, folder.repeated, folder.spent(part), part]
    assert len(set(keys)) == len(keys) and all(key.startswith(folder.prefix) for key in keys)
