"""The operations of the service `tastemaker`, wired to AWS."""

from collections.abc import Mapping

from lambdas.control.text_operations import Invoke, invoke_function, text_operations
from lambdas.support.http import Operation
from lambdas.support.partitions import partition_of
from lambdas.support.settings import Settings
from tastemaker.contracts.arns import AccountScope
from tastemaker.control.core.quotas import Quotas
from tastemaker.extensions.describe_deployment import describe_deployment
from tastemaker.extensions.estimate_text_cost import estimate_text_cost


def own_operations(
    settings: Settings, account: str, write_texts: Invoke | None = None
) -> Mapping[str, Operation]:
    """Operation name → function, for the account that the stack is in.

    `write_texts` calls the generation function.
    """
    scope = AccountScope(partition_of(settings.region), settings.region, account)
    return {
        "DescribeDeployment": lambda params: describe_deployment(
            scope, settings.deployment, Quotas(settings.quotas)
        ),
        "EstimateTextCost": lambda params: estimate_text_cost(settings.text_generation, params),
        **text_operations(write_texts or invoke_function(lambda: settings.generation_function)),
    }
