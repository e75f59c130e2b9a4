import pytest

from lambdas.common.resources import ResourceTable
from tests.lambdas.aws import TABLE
from tests.tastemaker.resources.repository_suite import RepositorySuite


class TestResourceTable(RepositorySuite):
    @pytest.fixture
    def repository(self, resources_table):
        return ResourceTable(resources_table, TABLE)
