from tests.lambdas.aws import aws, lake_client, other_tables, resources_table
from tests.lambdas.search.stand_in import stand_in
from tests.tastemaker.serving.conftest import cinema

__all__ = ["aws", "cinema", "lake_client", "other_tables", "resources_table", "stand_in"]
