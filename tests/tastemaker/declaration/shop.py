"""A declared shop, and the lifecycle of its resources in a rehearsal."""

from typing import Any

from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref
from tastemaker.declaration.outcomes import Change, Outcome, Waiting
from tastemaker.declaration.rehearsal import Rehearsal
from tests.standard_schemas import avro

RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
ROLE = "arn:aws:iam::123456789012:role/import"
SYNC = {"syncWithLatestSolutionVersion": True}
STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1"

RESOURCES = (
    DeclaredResource("Schema", "Schema", {"schema": avro("Interactions")}),
    DeclaredResource("Group", "DatasetGroup", {}),
    DeclaredResource(
        "Interactions",
        "Dataset",
        {"datasetType": "Interactions", "datasetGroupArn": Ref("Group"), "schemaArn": Ref("Schema")},
    ),
    DeclaredResource("ItemsSchema", "Schema", {"schema": avro("Items")}),
    DeclaredResource(
        "Items",
        "Dataset",
        {"datasetType": "Items", "datasetGroupArn": Ref("Group"), "schemaArn": Ref("ItemsSchema")},
    ),
    DeclaredResource(
        "Import",
        "DatasetImportJob",
        {
            "datasetArn": Ref("Interactions"),
            "dataSource": {"dataLocation": "s3://data/interactions/"},
            "roleArn": ROLE,
        },
    ),
    DeclaredResource("Tracker", "EventTracker", {"datasetGroupArn": Ref("Group")}),
    DeclaredResource(
        "Seen",
        "Filter",
        {"datasetGroupArn": Ref("Group"), "filterExpression": "EXCLUDE ItemID WHERE Items.PRICE > 5"},
        after=("Items",),
    ),
    DeclaredResource("ForYou", "Solution", {"datasetGroupArn": Ref("Group"), "recipeArn": RECIPE}),
    DeclaredResource("Version", "SolutionVersion", {"solutionArn": Ref("ForYou")}, after=("Import",)),
    DeclaredResource(
        "Home", "Campaign", {"solutionVersionArn": Ref("ForYou", "/$LATEST"), "campaignConfig": SYNC}
    ),
    DeclaredResource(
        "Report",
        "MetricAttribution",
        {
            "datasetGroupArn": Ref("Group"),
            "metrics": [{"eventType": "buy", "metricName": "buys", "expression": "SAMPLECOUNT()"}],
            "metricsOutputConfig": {"roleArn": ROLE},
        },
        after=("Interactions",),
    ),
    DeclaredResource(
        "Nightly",
        "BatchInferenceJob",
        {
            "solutionVersionArn": Ref("ForYou", "/$LATEST"),
            "jobInput": {"s3DataSource": {"path": "s3://data/users.json"}},
            "jobOutput": {"s3DataDestination": {"path": "s3://data/out/"}},
            "roleArn": ROLE,
        },
        after=("Version",),
    ),
)
SHOP = Declaration.of(RESOURCES)


def change(resource_type: str, request: str = "1", owner: str = "", **properties: Any) -> Change:
    """A request for a resource with the owner `<stack>/<type>`."""
    return Change(
        resource_type=resource_type,
        properties=properties,
        owner=owner or f"{STACK}/{resource_type}",
        request_id=request,
        name=f"shop-{resource_type}",
    )


def repeated(here: Rehearsal, step: Any) -> Outcome:
    """The outcome of a step that is repeated, while workflows go on in between, until it waits no more."""
    outcome: Outcome = step()
    for _ in range(10):
        here.finish()
        if not isinstance(outcome, Waiting):
            break
        outcome = step()
    return outcome


def create(here: Rehearsal, wanted: Change) -> Outcome:
    return repeated(here, lambda: here.lifecycle.create(wanted))


def update(here: Rehearsal, wanted: Change, arn: str) -> Outcome:
    return repeated(here, lambda: here.lifecycle.update(wanted, arn))


def delete(here: Rehearsal, arn: str | None, owner: str) -> Outcome:
    return repeated(here, lambda: here.lifecycle.delete(arn, owner))


def deployed(here: Rehearsal, declaration: Declaration = SHOP) -> dict[str, str]:
    """Create all resources. Returns their ARNs by ID."""
    arns: dict[str, str] = {}
    for one in declaration.ordered():
        outcome = here.create(one, arns)
        assert getattr(outcome, "arn", None), (one.id, outcome)
        arns[one.id] = outcome.arn
    return arns
