"""What a path has: one value or a list."""

import pytest
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from local.moto_patches.json_paths import extract_json

DATA = {
    "versions": [{"arn": "a", "n": 1}, {"arn": "b", "n": 2}],
    "solution": {"version": {"create": True}},
    "created": {"Payload": {"arn": "x"}},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.versions[0].arn", "a"),
        ("$.versions[1]", {"arn": "b", "n": 2}),
        ("$['versions'][0]['n']", 1),
        ("$.solution.version", {"create": True}),
        ("$.versions[*].arn", ["a", "b"]),
        ("$.versions[0:1].arn", ["a"]),
        ("$.versions[?(@.n==2)].arn", ["b"]),
        ("$.versions[?(@.n>5)].arn", []),
        ("$.solution[?(@.version)].version.create", [True]),
        ("$.solution[?(@.other)].version", []),
        ("$..[?(@.Payload)].Payload.arn", ["x"]),
        ("$..[?(@.n==1)].arn", ["a"]),
        ("$..[?(@.nothing)].arn", []),
        ("$..arn", ["a", "b", "x"]),
        ("$", DATA),
    ],
)
def test_path_of_one_value_has_it_and_other_paths_have_a_list(path, value):
    assert extract_json(path, DATA) == value


def test_path_of_one_value_that_is_not_there_is_an_error():
    for path in ("$.versions[7].arn", "$.nothing"):
        with pytest.raises(NoSuchJsonPathError):
            extract_json(path, DATA)
