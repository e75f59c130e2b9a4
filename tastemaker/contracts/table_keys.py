"""Partition keys of the tables that several functions read and write."""


def profile_key(group: str, user: str) -> str:
    """The key of the events of a user or session in the table of profiles.

    `group` is the name of a dataset group, or the pseudo group of its actions.
    """
    return f"{profile_prefix(group)}{user}"


def profile_prefix(group: str) -> str:
    """What the keys of all profiles of a group begin with."""
    return f"{group}#"


def change_log(dataset_arn: str) -> str:
    """The key of the log of changes to a dataset in the catalog table: its records by time, not by id."""
    return f"{dataset_arn}#changes"
