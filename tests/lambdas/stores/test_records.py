import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambdas.stores.records import ResourceTable
from tastemaker.control.core.records import Record
from tastemaker.errors import Conflict, ServiceUnavailable
from tests.lambdas.aws import TABLE
from tests.tastemaker.control.repository_suite import RepositorySuite


class TestResourceTable(RepositorySuite):
    @pytest.fixture
    def repository(self, resources_table):
        return ResourceTable(resources_table, TABLE)


def test_record_that_a_transaction_checks_now_is_a_conflict():
    client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    record = Record("arn:x", "dataset", {"status": "ACTIVE"})
    with Stubber(client) as stub:
        for operation in ("put_item", "delete_item"):
            stub.add_client_error(operation, "TransactionConflictException", http_status_code=400)
        table = ResourceTable(client, TABLE)
        with pytest.raises(Conflict):
            table.update(record)
        with pytest.raises(Conflict):
            table.delete(record)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["None", "TransactionConflict"], Conflict),
        (["None", "ConditionalCheckFailed"], Conflict),
        (["None", "ThrottlingError"], ServiceUnavailable),
        (["ProvisionedThroughputExceeded", "TransactionConflict"], ServiceUnavailable),
        (["None", "ValidationError"], ClientError),
        (["ItemCollectionSizeLimitExceeded", "TransactionConflict"], ClientError),
    ],
)
def test_only_other_writers_are_a_conflict(codes: list[str], expected: type[Exception]) -> None:
    """A restart at once helps against other writers only."""
    client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    record = Record("arn:x", "dataset", {"status": "ACTIVE"})
    reasons = {"CancellationReasons": [{"Code": code} for code in codes]}
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_client_error(
                "transact_write_items", "TransactionCanceledException", modeled_fields=reasons
            )
        table = ResourceTable(client, TABLE)
        with pytest.raises(expected):
            table.create(record, unchanged=[Record("arn:y", "group", {})])
        with pytest.raises(expected):
            table.delete(record, aliases=["alias"])
