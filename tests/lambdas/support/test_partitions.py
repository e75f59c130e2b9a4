import pytest

from lambdas.support.partitions import partition_of


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-west-1", "aws")],
)
def test_region_belongs_to_its_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition
