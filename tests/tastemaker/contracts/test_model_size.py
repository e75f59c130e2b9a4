"""A model that does not fit names the setting to change, if a function can have such a disk at all."""

import pytest

from tastemaker.contracts.model_size import (
    HEADROOM_BYTES,
    MAX_DISK_MEGABYTES,
    can_fit,
    disk_shortage,
    megabytes,
)

MB = 1 << 20


@pytest.mark.parametrize(("size", "expected"), [(0, 0), (1, 1), (MB, 1), (MB + 1, 2)])
def test_megabytes_are_rounded_up(size: int, expected: int) -> None:
    assert megabytes(size) == expected


def test_model_fits_with_its_headroom_to_the_byte() -> None:
    disk = 512 * MB
    assert disk_shortage(disk - HEADROOM_BYTES, disk) is None
    shortage = disk_shortage(disk - HEADROOM_BYTES + 1, disk)
    assert shortage is not None and "needs 513 MB" in shortage and "runtimeDisk" in shortage


def test_model_beyond_every_function_asks_for_a_smaller_model() -> None:
    largest = MAX_DISK_MEGABYTES * MB - HEADROOM_BYTES
    assert can_fit(largest) and not can_fit(largest + 1)
    shortage = disk_shortage(largest + 1, 512 * MB)
    assert shortage is not None and "hidden_dimension" in shortage and "runtimeDisk" not in shortage
