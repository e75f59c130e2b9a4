from dataclasses import replace

from tastemaker.declaration.declarations import Declaration, Ref
from tastemaker.declaration.rehearsal import problems
from tests.tastemaker.declaration.shop import RESOURCES, SHOP


def with_(id: str, **properties: object) -> Declaration:
    return Declaration.of(
        replace(one, properties={**one.properties, **properties}, place=f"app/{one.id}")
        if one.id == id
        else one
        for one in RESOURCES
    )


def test_valid_declaration_has_no_problems():
    assert problems(SHOP) == []


def test_problem_has_the_place_and_the_message_of_the_control_plane():
    (problem,) = problems(with_("Seen", filterExpression="EXCLUDE ItemID WHERE Items.COLOR IN (1)"))
    assert problem.place == "app/Seen"
    assert "COLOR" in str(problem) and str(problem).startswith("app/Seen: ")


def test_what_depends_on_a_refused_resource_is_not_reported():
    found = problems(with_("ForYou", recipeArn="arn:aws:personalize:::recipe/no-such-recipe"))
    assert [one.id for one in found] == ["ForYou"]


def test_reference_of_a_wrong_type_is_a_problem():
    (problem,) = problems(with_("Tracker", datasetGroupArn=Ref("Schema")))
    assert "is not the ARN of a dataset group" in problem.message


def test_malformed_value_is_a_problem():
    (problem,) = problems(with_("Home", minProvisionedTPS=0))
    assert "minProvisionedTPS" in problem.message
