"""The operations of the service `tastemaker`, wired to AWS."""

from collections.abc import Mapping

from lambdas.support.http import Operation
from lambdas.support.partitions import partition_of
from lambdas.support.settings import Settings
from tastemaker.contracts.arns import AccountScope
from tastemaker.control.core.quotas import Quotas
from tastemaker.extensions.describe_deployment import describe_deployment


def own_operations(settings: Settings, account: str) -> Mapping[str, Operation]:
    """Operation name → function, for the account that the stack is in."""
    scope = AccountScope(partition_of(settings.region), settings.region, account)
    return {
        "DescribeDeployment": lambda params: describe_deployment(
            scope, settings.deployment, Quotas(settings.quotas)
        ),
    }
