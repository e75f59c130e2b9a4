"""Partition keys of the tables that several functions read and write."""

from zlib import crc32


def profile_key(group: str, user: str) -> str:
    """The key of the events of a user or session in the table of profiles.

    `group` is an event group (`DatasetStorage.event_group`).
    """
    return f"{profile_prefix(group)}{user}"


def profile_prefix(group: str) -> str:
    """What the keys of all profiles of an event group begin with."""
    return f"{group}#"


INDEX_PARTITIONS = 16
"""Partitions of the index of a group's profiles: one takes a thousand writes a second."""


def profile_index(group: str, partition: int) -> str:
    """The key of a part of the list of an event group's users and sessions in the table of profiles.

    Event groups have no space, so it is never the key of a profile.
    """
    return f"index {group} {partition:02}"


def profile_index_of(group: str, user: str) -> str:
    """The key of the part of the list that has a user or session."""
    return profile_index(group, crc32(user.encode()) % INDEX_PARTITIONS)


def change_log(catalog: str) -> str:
    """The key of the log of changes to a dataset in the catalog table: its records by time, not by id.

    `catalog` is the key of its records (`DatasetStorage.catalog`).
    """
    return f"{catalog}#changes"
