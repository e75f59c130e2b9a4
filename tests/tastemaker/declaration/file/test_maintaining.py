"""The parameter file of "Maintaining Personalized Experiences", read as it is."""

import pytest

from tastemaker.declaration.file.document import Document, InvalidDeclaration
from tastemaker.declaration.file.maintaining import convert, days_between, is_parameter_file
from tastemaker.declaration.file.reading import read
from tests.tastemaker.declaration.file.service import MemoryApi


def field(name, of, **more):
    return {"name": name, "type": of, **more}


def schema(name, *fields):
    namespace = "com.amazonaws.personalize.schema"
    avro = {"type": "record", "name": name, "namespace": namespace, "fields": list(fields)}
    return {"serviceConfig": {"name": f"films-{name}", "schema": avro}}


FILE = {
    "tags": [{"tagKey": "project", "tagValue": "films"}],
    "datasetGroup": {
        "serviceConfig": {"name": "films"},
        "workflowConfig": {"schedules": {"import": "cron(0 */6 * * ? *)"}},
    },
    "datasets": {
        "serviceConfig": {"importMode": "FULL", "tags": [{"tagKey": "a", "tagValue": "b"}]},
        "interactions": {
            "dataset": {"serviceConfig": {"name": "films-interactions"}},
            "schema": schema(
                "interactions",
                *(field("ITEM_ID", "string"), field("USER_ID", "string"), field("TIMESTAMP", "long")),
                *(field("EVENT_TYPE", "string"), field("EVENT_VALUE", "float")),
            ),
        },
        "users": {
            "dataset": {"serviceConfig": {"name": "films-users", "tags": []}},
            "schema": schema(
                "users", field("USER_ID", "string"), field("GENDER", "string", categorical=True)
            ),
        },
    },
    "eventTracker": {"serviceConfig": {"name": "films-tracker"}},
    "filters": [
        {
            "serviceConfig": {
                "name": "clicked",
                "filterExpression": 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")',
            }
        }
    ],
    "solutions": [
        {
            "serviceConfig": {"name": "sims", "recipeArn": "arn:aws:personalize:::recipe/aws-sims"},
            "workflowConfig": {"schedules": {"full": "cron(0 0 ? * 1 *)"}},
        },
        {
            "serviceConfig": {
                "name": "for-you",
                "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization",
                "solutionVersion": {"name": "v1", "trainingMode": "FULL"},
            },
            "workflowConfig": {"schedules": {"full": "rate(2 days)", "update": "rate(12 hours)"}},
            "campaigns": [{"serviceConfig": {"name": "home", "minProvisionedTPS": 1}}],
            "batchInferenceJobs": [
                {"serviceConfig": {}, "workflowConfig": {"schedule": "cron(0 3 * * ? *)"}}
            ],
        },
        {
            "serviceConfig": {
                "name": "segments",
                "recipeArn": "arn:aws:personalize:::recipe/aws-item-affinity",
            },
            "batchSegmentJobs": [{"serviceConfig": {}, "workflowConfig": {"schedule": "cron(0 3 * * ? *)"}}],
        },
    ],
}
WHERE = {"data": "s3://bucket/train/films", "roleArn": "arn:aws:iam::123456789012:role/import"}


def converted(**variables):
    found = convert(Document(FILE), variables)
    return read(found.document, str), found.notes


def test_parameter_file_is_recognized():
    assert is_parameter_file(FILE) and not is_parameter_file({"datasetGroups": {"films": {}}})


def test_everything_in_it_is_declared_and_can_be_applied():
    declaration, _ = converted(**WHERE)
    api = MemoryApi()
    outcome = api.apply(declaration)
    assert outcome.succeeded, outcome.failures
    assert api.plan(declaration).is_empty
    assert {one.type for one in declaration.resources.values()} >= {"Dataset", "Filter", "Campaign"}


def test_trainings_keep_their_rhythm_and_unscheduled_ones_happen_once():
    declaration, _ = converted(**WHERE)
    config = declaration.resources["solutions.sims"].properties["solutionConfig"]
    assert config == {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    assert declaration.resources["solutions.segments"].properties["performAutoTraining"] is False
    assert "solutionVersions.segments-first" in declaration.resources
    assert "solutionVersions.v1" in declaration.resources


def test_imports_come_from_the_folder_of_the_file():
    declaration, _ = converted(**WHERE)
    job = declaration.resources["datasetImportJobs.films-interactions-first"].properties
    assert job["dataSource"] == {"dataLocation": "s3://bucket/train/films/interactions.csv"}
    assert job["tags"] == [{"tagKey": "a", "tagValue": "b"}] and job["importMode"] == "FULL"


def test_tags_of_the_file_are_those_of_everything_without_its_own():
    declaration, _ = converted()
    assert declaration.resources["filters.clicked"].properties["tags"] == FILE["tags"]
    assert declaration.resources["datasets.films-users"].properties["tags"] == []


def test_what_has_no_counterpart_is_said_once():
    _, notes = converted()
    assert len(notes) == 5 and any("cron(0 */6 * * ? *)" in one for one in notes)
    assert sum("--var data=" in one for one in notes) == 1


def test_unknown_section_and_missing_config_are_refused():
    with pytest.raises(InvalidDeclaration) as found:
        convert(Document({"datasetGroup": {"name": "films"}, "solution": []}), {})
    assert [one.message.split(":")[0] for one in found.value.problems] == [
        "A parameter file has no 'solution'; it has tags, datasetGroup, datasets, eventTracker, filters, "
        "recommenders, solutions.",
        "serviceConfig is missing",
    ]


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ("cron(0 0 ? * 1 *)", 7),
        ("cron(0 0 ? * MON-FRI *)", 1),
        ("cron(0 0 ? * 1,4 *)", 3),
        ("cron(0 3 * * ? *)", 1),
        ("cron(0 3 1 * ? *)", 30),
        ("cron(0 3 */5 * ? *)", 5),
        ("rate(12 hours)", 1),
        ("rate(2 weeks)", 14),
        ("rate(90 days)", 30),
        ("every day", None),
    ],
)
def test_schedule_as_days(schedule, days):
    assert days_between(schedule) == days
