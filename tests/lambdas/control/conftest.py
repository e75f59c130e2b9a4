from tests.lambdas.aws import aws, lake_client, machines, other_tables, resources_table

__all__ = ["aws", "lake_client", "machines", "other_tables", "resources_table"]
