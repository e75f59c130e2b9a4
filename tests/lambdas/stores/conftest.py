from tests.lambdas.aws import aws, lake_client, other_tables, resources_table

__all__ = ["aws", "lake_client", "other_tables", "resources_table"]
