from tests.lambdas.aws import aws, lake_client, other_tables

__all__ = ["aws", "lake_client", "other_tables"]
