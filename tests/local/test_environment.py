"""Variables that a request may set in the environment of a job or function."""

from local.environment import without_reserved


def test_reserved_variables_are_dropped_and_others_kept():
    given = {"PYTHONPATH": "x", "path": "x", "LD_PRELOAD": "x", "DYLD_INSERT_LIBRARIES": "x", "TABLE": "t"}
    assert without_reserved(given | {"AWS_ACCESS_KEY_ID": "x", "_HANDLER": "x"}) == {"TABLE": "t"}
