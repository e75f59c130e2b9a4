import pytest

from tastemaker.resources.repository import MemoryRepository
from tests.tastemaker.resources.repository_suite import RepositorySuite


class TestMemoryRepository(RepositorySuite):
    @pytest.fixture
    def repository(self):
        return MemoryRepository()
