from tests.lambdas.aws import aws, lake_client, other_tables, resources_table
from tests.tastemaker.extensions.conftest import cinema

__all__ = ["aws", "cinema", "lake_client", "other_tables", "resources_table"]
