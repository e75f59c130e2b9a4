"""Writes docs/operations.md: every operation, whether it is served, and how it differs from the service.

python -m scripts.operations            writes the page
python -m scripts.operations --check    fails if the page is not up to date
"""

import re
from functools import cache
from pathlib import Path
from time import time

from lambdas.support.control_plane import RandomIds
from scripts.generated import write_or_check
from scripts.operation_remarks import REMARKS
from tastemaker.contracts.arns import AccountScope
from tastemaker.control import registry
from tastemaker.control.core.ports import NoWorkflows
from tastemaker.control.core.quotas import DOCUMENTED
from tastemaker.control.core.records import MemoryRepository
from tastemaker.recipes import RECIPES, Recipe
from tastemaker.wire import Service

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "operations.md"

FUNCTIONS = {"personalize-runtime": "runtime", "personalize-events": "events"}


def page() -> str:
    """The text of the page."""
    lines = [
        "# Operations",
        "",
        "`python -m scripts.operations` writes this page from the service models and the code. A test keeps "
        "it up to date.",
        "",
        "- *served*: the operation behaves as in Amazon Personalize, except for the last column.",
        "- *refused*: the answer is a `NotImplementedException` that names the operation.",
        "",
    ]
    for name in ("personalize", *FUNCTIONS):
        service = Service(name)
        states = {operation: _state(name, operation) for operation in service.operations}
        served = sum(state == "served" for state in states.values())
        lines += [
            f"## {name}",
            "",
            f"{served} of {len(states)} operations are served.",
            "",
            "| operation | state | difference from the service |",
            "| --- | --- | --- |",
            *(
                f"| {operation} | {state} | {REMARKS.get(operation, '')} |"
                for operation, state in sorted(states.items())
            ),
            "",
        ]
    return "\n".join([*lines, *_own_operations(), *_everywhere(), *_recipes(), *_quotas()])


def _own_operations() -> list[str]:
    """The operations that Amazon Personalize does not have, as their own service model documents them."""
    service = Service("tastemaker")
    rows = [
        f"| {name} | {_plain(service.operation(name).documentation)} |" for name in sorted(service.operations)
    ]
    return [
        "## tastemaker: our own operations",
        "",
        "These operations answer on the same endpoint. Clients need the models in `clients/models` "
        "(`clients/README.md`). [How to add an operation](how-to/add-an-operation.md).",
        "",
        "| operation | what it does |",
        "| --- | --- |",
        *rows,
        "",
    ]


def _plain(documentation: str) -> str:
    """The text of a service model's HTML documentation, on one line."""
    return " ".join(
        re.sub(r"<[^>]+>", "", documentation.replace("<code>", "`").replace("</code>", "`")).split()
    )


def _state(service: str, operation: str) -> str:
    if service in FUNCTIONS:
        folder = ROOT / "lambdas" / FUNCTIONS[service]
        named = any(f'"{operation}"' in file.read_text() for file in folder.glob("*.py"))
    else:
        named = operation in _control_plane()
    return "served" if named else "refused"


@cache
def _control_plane() -> frozenset[str]:
    """The names of the operations that the control plane serves."""
    control = registry.control_plane(
        scope=AccountScope("aws", "eu-west-1", "123456789012"),
        repository=MemoryRepository(),
        clock=time,
        ids=RandomIds(),
        workflows=NoWorkflows(),
    )
    return frozenset(registry.operations(control))


def _everywhere() -> list[str]:
    return [
        "## All operations",
        "",
        "- Quotas are enforced only if the stage sets them (see below). The limits of the service models are "
        "always enforced.",
        "- Lists start with the newest resource and have 100 results per page unless `maxResults` is given.",
        "- A value of the wrong JSON type is an `InvalidInputException`. A body that is not JSON is a "
        "`SerializationException`.",
        "- If two requests change the same resource at the same time, one of them gets a "
        "`ResourceInUseException`. It can be repeated.",
        "- Every change of a status is an event on the EventBridge bus of the stage. The source is "
        "`tastemaker`, the detail type is `Personalize resource status change`, and the detail has "
        "`resource`, `kind`, `name`, `status`, `previousStatus`, and `failureReason`. It has `update` if the "
        "status belongs to `latestCampaignUpdate` or a similar member.",
        "",
    ]


def _recipes() -> list[str]:
    def state(recipe: Recipe) -> str:
        return "yes" if recipe.trainable else "not yet"

    rows = [f"| {recipe.name} | {recipe.domain or 'custom'} | {state(recipe)} |" for recipe in RECIPES]
    return ["## Recipes", "", "| recipe | domain | can be trained |", "| --- | --- | --- |", *rows, ""]


def _quotas() -> list[str]:
    rows = [f"| {name} | {value:,} |" for name, value in DOCUMENTED.items()]
    return [
        "## Quotas that a stage can set",
        "",
        "| quota | default of the service |",
        "| --- | --- |",
        *rows,
        "",
    ]


def main() -> int:
    """Write the page, or compare it with `--check`."""
    return write_or_check(PAGE, page())


if __name__ == "__main__":
    raise SystemExit(main())
