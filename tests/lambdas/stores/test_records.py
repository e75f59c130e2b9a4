import pytest

from lambdas.stores.records import ResourceTable
from tests.lambdas.aws import TABLE
from tests.tastemaker.control.repository_suite import RepositorySuite


class TestResourceTable(RepositorySuite):
    @pytest.fixture
    def repository(self, resources_table):
        return ResourceTable(resources_table, TABLE)
