from tests.lambdas.aws import aws, lake_client, machines, other_tables, resources_table
from tests.lambdas.declaring.receiver import receiver

__all__ = ["aws", "lake_client", "machines", "other_tables", "receiver", "resources_table"]
