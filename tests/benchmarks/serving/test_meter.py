"""Units follow DynamoDB's published rules for sizes."""

import pytest

from benchmarks.serving.meter import item_size, read_units, write_units


def test_sizes_are_those_of_names_and_values() -> None:
    assert item_size({"id": {"S": "abc"}, "é": {"S": "ü"}}) == 2 + 3 + 2 + 2
    assert item_size({"n": {"N": "1234"}}) == 1 + 2 + 1
    assert item_size({"b": {"BOOL": True}}) == 2
    assert item_size({"m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 1 + 1
    assert item_size({"l": {"L": [{"S": "ab"}]}}) == 1 + 3 + 2 + 1


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [
        ([], False, 0.5),
        ([4096], False, 0.5),
        ([4096], True, 1),
        ([4097], True, 2),
        ([2000] * 50, False, 12.5),
    ],
)
def test_reads_are_billed_by_4_kb_of_all_items_together(
    sizes: list[int], consistent: bool, units: float
) -> None:
    assert read_units(sizes, consistent=consistent) == units


def test_writes_are_billed_by_1_kb_of_an_item() -> None:
    assert [write_units(size) for size in (10, 1024, 1025)] == [1, 1, 2]
