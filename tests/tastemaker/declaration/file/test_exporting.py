"""Export: the plan of an exported file is empty, and it says the same as the file that was applied."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tastemaker.declaration.declarations import resolved
from tastemaker.declaration.desired import canonical
from tastemaker.declaration.file.exporting import export
from tests.standard_schemas import avro
from tests.tastemaker.declaration.file.service import MemoryApi, declared, shop

NAMES = st.text("abcdefgh0123456789", min_size=1, max_size=8)
TAGS = st.lists(
    st.fixed_dictionaries({"tagKey": NAMES, "tagValue": st.text("ab .:", max_size=6)}),
    max_size=2,
    unique_by=lambda one: one["tagKey"],
)
ROLE = "arn:aws:iam::123456789012:role/import"
EXPRESSIONS = st.sampled_from(
    [
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy", "view")',
        "INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($TYPES)",
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("${x}")',
    ]
)
RECIPES = st.sampled_from(["aws-user-personalization-v2", "aws-popularity-count", "aws-similar-items"])


def keyed(strategy: st.SearchStrategy[Any], size: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, strategy, max_size=size)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A declaration that the service accepts."""
    value: dict[str, Any] = {
        "datasetGroups": {draw(NAMES): {"tags": draw(TAGS)}},
        "schemas": {"events": {"schema": avro("Interactions")}, "products": {"schema": avro("Items")}},
        "datasets": {"interactions": {"schema": "events", "tags": draw(TAGS)}},
        "filters": draw(keyed(st.fixed_dictionaries({"filterExpression": EXPRESSIONS, "tags": TAGS}))),
        "eventTrackers": draw(keyed(st.fixed_dictionaries({"tags": TAGS}), 1)),
    }
    if draw(st.booleans()):
        value["datasets"]["items"] = {"schema": "products", "name": draw(NAMES)}
    if draw(st.booleans()):
        source = {"dataLocation": "s3://data/a.csv"}
        value["datasetImportJobs"] = {
            "one": {"dataset": "interactions", "dataSource": source, "roleArn": ROLE}
        }
    schedule = st.sampled_from([{}, {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}])
    solution = st.one_of(
        st.fixed_dictionaries({"recipe": RECIPES, "solutionConfig": schedule, "tags": TAGS}),
        st.fixed_dictionaries({"recipe": RECIPES, "performAutoTraining": st.just(False)}),
    )
    value["solutions"] = draw(keyed(solution))
    if value["solutions"]:
        of = st.sampled_from(sorted(value["solutions"]))
        tps = st.integers(1, 9)
        follows = st.fixed_dictionaries({"solution": of, "minProvisionedTPS": tps, "tags": TAGS})
        value["solutionVersions"] = {f"v-{key}": {"solution": key} for key in value["solutions"]}
        pinned = of.map(lambda key: {"solutionVersion": f"v-{key}", "minProvisionedTPS": 2})
        value["campaigns"] = draw(keyed(st.one_of(follows, pinned)))
    if draw(st.booleans()):
        metric = {"eventType": "buy", "metricName": "buys", "expression": "SAMPLECOUNT()"}
        output = {"roleArn": ROLE}
        value["metricAttributions"] = {"report": {"metrics": [metric], "metricsOutputConfig": output}}
    return value


def escaped(value: Any) -> Any:
    """Literal `${` of a generated value as a file spells it."""
    if isinstance(value, dict):
        return {key: escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [escaped(one) for one in value]
    return value.replace("$${", "${") if isinstance(value, str) else value


def meanings(declaration: Any) -> dict[tuple[str, str], Any]:
    """Type and name → properties in a canonical form, with names instead of references."""
    names = {
        one.id: f"{one.type} {one.properties.get('name') or one.properties.get('jobName')}"
        for one in declaration.resources.values()
    }
    found = {}
    for one in declaration.resources.values():
        properties = {name: canonical(name, value) for name, value in resolved(one.properties, names).items()}
        present = {name: value for name, value in properties.items() if value is not None}
        found[one.type, names[one.id]] = {
            name: value for name, value in present.items() if (name, value) != ("minProvisionedTPS", 1)
        }
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_plan_of_an_export_is_empty_and_it_says_what_was_applied(value: dict[str, Any]) -> None:
    api, declaration = MemoryApi(), declared(value)
    outcome = api.apply(declaration)
    assert outcome.succeeded, outcome.failures
    (group,) = [arn for id, arn in outcome.arns.items() if id.startswith("datasetGroups.")]
    exported = declared(escaped(export(api, group)))
    plan = api.plan(exported)
    assert plan.is_empty and not plan.others, [step for step in plan.steps if step.changes]
    found, wanted = meanings(exported), meanings(declaration)
    kept = {
        one
        for one in wanted
        if one[0] not in ("SolutionVersion", "Schema", "DatasetImportJob") or one in found
    }
    assert found == {one: wanted[one] for one in kept}


def test_export_keeps_the_imports_that_the_data_consist_of() -> None:
    api, value = MemoryApi(), shop()
    first = value["datasetImportJobs"]["first"]
    outcome = api.apply(declared(value), wait=False)
    value["datasetImportJobs"]["again"] = first
    api.apply(declared(value), wait=False)
    value["datasetImportJobs"]["more"] = {**first, "importMode": "INCREMENTAL"}
    api.apply(declared(value), wait=False)
    exported = export(api, outcome.arns["datasetGroups.shop"])
    assert list(exported["datasetImportJobs"]) == ["again", "more"]


def test_alias_is_exported_with_the_campaign_that_it_points_at():
    value = shop()
    value["solutionVersions"] = {"v1": {"solution": "for-you"}}
    value["campaigns"]["entry"] = {"campaign": "home"}
    api = MemoryApi()
    outcome = api.apply(declared(value))
    exported = export(api, outcome.arns["datasetGroups.shop"])
    assert exported["campaigns"]["entry"] == {"campaign": "home"}
    assert api.plan(declared(exported)).is_empty
