"""Reading: defaults, references, files, and every error with its line."""

import json
from pathlib import Path

import pytest

from tastemaker.declaration.declarations import Ref
from tastemaker.declaration.file.document import Document, InvalidDeclaration
from tastemaker.declaration.file.reading import read
from tests.standard_schemas import avro
from tests.tastemaker.declaration.file.service import declared, shop


def problems(**changes):
    value = {**shop(), **changes}
    lines = {(): 1}
    for number, (name, content) in enumerate(value.items(), start=1):
        lines[(name,)] = number * 100
        for place, (key, given) in enumerate((content or {}).items(), start=1):
            lines[name, key] = number * 100 + place * 10
            for line, property_name in enumerate(given or {}, start=1):
                lines[name, key, property_name] = number * 100 + place * 10 + line
    with pytest.raises(InvalidDeclaration) as found:
        read(Document(value, lines, "shop.yaml"), lambda name: Path(name).read_text())
    return [str(one) for one in found.value.problems]


def properties(declaration, id):
    return dict(declaration.resources[id].properties)


def test_names_and_the_only_group_are_defaults():
    filter_ = properties(declared(shop()), "filters.cheap")
    assert filter_["name"] == "cheap" and filter_["datasetGroupArn"] == Ref("datasetGroups.shop")
    assert properties(declared(shop()), "datasets.items")["datasetType"] == "Items"


def test_prefix_is_for_names_that_are_not_given():
    value = {**shop(), "namePrefix": "dev-", "eventTrackers": {"web": {"name": "tracker"}}}
    assert properties(declared(value), "datasetGroups.shop")["name"] == "dev-shop"
    assert properties(declared(value), "eventTrackers.web")["name"] == "tracker"


def test_campaign_of_a_solution_follows_its_latest_version():
    campaign = properties(declared(shop()), "campaigns.home")
    assert campaign["solutionVersionArn"] == Ref("solutions.for-you", "/$LATEST")
    assert campaign["campaignConfig"] == {"syncWithLatestSolutionVersion": True}


def test_recipe_may_be_a_name_or_an_arn():
    arn = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    assert properties(declared(shop()), "solutions.for-you")["recipeArn"] == arn
    value = {**shop(), "solutions": {"for-you": {"recipeArn": arn}}}
    assert properties(declared(value), "solutions.for-you")["recipeArn"] == arn


def test_defaults_apply_where_nothing_is_given():
    tags = [{"tagKey": "team", "tagValue": "web"}]
    value = {**shop(), "defaults": {"tags": tags}, "eventTrackers": {"web": {"tags": []}}}
    assert properties(declared(value), "filters.cheap")["tags"] == tags
    assert properties(declared(value), "eventTrackers.web")["tags"] == []
    assert "tags" not in properties(declared(value), "schemas.events")


def test_schema_may_be_an_object_a_text_or_a_file(tmp_path):
    (tmp_path / "events.avsc").write_text(avro("Interactions"))
    texts = []
    for schema in (json.loads(avro("Interactions")), avro("Interactions"), {"file": "events.avsc"}):
        value = {**shop(), "schemas": {**shop()["schemas"], "events": {"schema": schema}}}
        declaration = read(Document(value), lambda name: (tmp_path / name).read_text())
        texts.append(json.loads(properties(declaration, "schemas.events")["schema"]))
    assert texts[0] == texts[1] == texts[2]


def test_data_come_before_trainings_of_the_same_group():
    assert "datasetImportJobs.first" in declared(shop()).resources["solutions.for-you"].after
    assert "datasets.items" in declared(shop()).resources["filters.cheap"].after


def test_two_groups_need_a_choice():
    (problem, *_) = problems(datasetGroups={"shop": {}, "other": {}})
    assert problem.startswith("shop.yaml:") and "one of shop, other" in problem


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"solution": {"a": {}}}, 900, "did you mean solutions?"),
        ({"campaigns": {"home": {"solution": "for-me"}}}, 811, "did you mean for-you?"),
        ({"campaigns": {"home": {"solution": "for-you", "minProvisonedTPS": 1}}}, 812, "minProvisionedTPS?"),
        ({"campaigns": {"home": {"solution": "for-you", "minProvisionedTPS": 0}}}, 812, "greater than"),
        ({"solutions": {"for-you": {"recipe": "aws-nothing"}}}, 711, "no recipe aws-nothing"),
        ({"filters": {"cheap": {"filterExpression": "EXCLUDE ItemID WHERE Items.COST > 5"}}}, 611, "COST"),
        ({"filters": {"cheap": {}}}, 610, "must not be null"),
        ({"schemas": {"events": {"schema": {"file": "none.avsc"}}}}, 211, "none.avsc cannot be read"),
        ({"datasetGroups": {"a b": None}}, 110, "regular expression"),
        ({"defaults": {"role": "x"}}, 910, "it has roleArn, tags"),
        ({"campaigns": {"home": {"solution": "for-you", "campaign": "x"}}}, 812, "same property; give one"),
        ({"datasets": {"sales": {"schema": "events"}}}, 310, "datasetType is missing"),
    ],
)
def test_error_names_line_and_remedy(changes, place, said):
    found = problems(**changes)
    assert any(one.startswith(f"shop.yaml:{place}: ") and said in one for one in found), found


def test_every_error_is_reported_at_once():
    found = problems(campaigns={"home": {"solution": "no"}}, eventTrackers={"web": {"color": "red"}})
    assert len(found) == 2


def test_resources_that_exist_elsewhere_may_be_named_by_arn():
    group = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/other"
    value = {"filters": {"mine": {"datasetGroupArn": group, "filterExpression": "anything at all"}}}
    assert properties(declared(value), "filters.mine")["datasetGroupArn"] == group


def test_section_must_be_a_mapping():
    with pytest.raises(InvalidDeclaration, match="filters must be a mapping"):
        read(Document({**shop(), "filters": ["cheap"]}), str)
