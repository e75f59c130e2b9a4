import pytest

from tastemaker.control.core.ports import StartError
from tastemaker.errors import InvalidInput, LimitExceeded, NotServedYet, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

GEN1 = "arn:aws:personalize:::recipe/aws-user-personalization"
SIMS = "arn:aws:personalize:::recipe/aws-sims"


def recipe(name):
    return f"arn:aws:personalize:::recipe/{name}"


def test_automatic_training_is_on_by_default():
    here = world()
    group_arn, _ = shop.shop(here)
    before = here.clock.now
    arn = here.call("CreateSolution", name="s", datasetGroupArn=group_arn, recipeArn=shop.RECIPE)[
        "solutionArn"
    ]
    described = here.call("DescribeSolution", solutionArn=arn)["solution"]
    assert described["performAutoTraining"] is True and described["performHPO"] is False
    assert "solutionConfig" not in described
    (schedule,) = here.workflows.schedules.values()
    assert schedule["request"] == {"solutionArn": arn, "trainingType": "AUTOMATIC"}
    assert schedule["every"] == 7 * 86_400 and 3600 <= schedule["first_at"] - before <= 3610


def test_describe_solution_returns_the_given_config():
    here = world()
    group_arn, _ = shop.shop(here)
    given = {"algorithmHyperParameters": {"popularity_discount_factor": "0.7"}}
    arn = shop.solution(here, group_arn, recipeArn=SIMS, performAutoTraining=True, solutionConfig=given)
    assert here.call("DescribeSolution", solutionArn=arn)["solution"]["solutionConfig"] == given
    here.call("UpdateSolution", solutionArn=arn, performAutoTraining=True)
    assert here.call("DescribeSolution", solutionArn=arn)["solution"]["solutionConfig"] == given


def test_solution_that_cannot_be_scheduled_is_not_created():
    here = world()
    group_arn, _ = shop.shop(here)
    here.workflows.refuse = "no scheduler"
    with pytest.raises(StartError):
        shop.solution(here, group_arn, performAutoTraining=True)
    assert here.call("ListSolutions")["solutions"] == []


def test_update_solution_changes_training_and_schedule():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn)
    assert here.workflows.schedules == {}
    here.call(
        "UpdateSolution",
        solutionArn=arn,
        performAutoTraining=True,
        solutionUpdateConfig={"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}},
    )
    described = here.call("DescribeSolution", solutionArn=arn)["solution"]
    assert described["latestSolutionUpdate"]["status"] == "ACTIVE"
    assert described["solutionConfig"]["autoTrainingConfig"]["schedulingExpression"] == "rate(2 days)"
    (schedule,) = here.workflows.schedules.values()
    first = schedule["first_at"]
    assert schedule["every"] == 2 * 86_400

    here.clock.now = first + 3 * 86400  # the rhythm goes on where it was
    here.call(
        "UpdateSolution",
        solutionArn=arn,
        solutionUpdateConfig={"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}},
    )
    (schedule,) = here.workflows.schedules.values()
    assert schedule["first_at"] == first + 4 * 86400

    here.call("UpdateSolution", solutionArn=arn, performAutoTraining=False)
    assert here.workflows.schedules == {}
    with pytest.raises(InvalidInput, match="Nothing to update"):
        here.call("UpdateSolution", solutionArn=arn)
    with pytest.raises(InvalidInput, match="autoTrainingConfig needs"):
        here.call("UpdateSolution", solutionArn=arn, solutionUpdateConfig={"autoTrainingConfig": {}})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"recipeArn": recipe("aws-ecomm-recommended-for-you")}, "CreateRecommender"),
        ({"recipeArn": "arn:aws:personalize:::algorithm/aws-sims"}, "not the ARN of a recipe"),
        ({"performAutoML": True}, "leave recipeArn out"),
        ({"performHPO": True}, "does not take performHPO"),
        ({"performIncrementalUpdate": True}, "performIncrementalUpdate"),
        ({"solutionConfig": {"algorithmHyperParameters": {"bptt": "3"}}}, "bptt"),
        ({"solutionConfig": {"featureTransformationParameters": {"x": "3"}}}, "x is no feature"),
        ({"solutionConfig": {"eventValueThreshold": "much"}}, "eventValueThreshold"),
        ({"eventType": "w", "solutionConfig": {"eventsConfig": {}}}, "not both"),
        ({"solutionConfig": {"eventsConfig": {"eventParametersList": [{"weight": 1}]}}}, "eventType"),
        (
            {"solutionConfig": {"eventsConfig": {"eventParametersList": [{"eventType": "w"}] * 2}}},
            "more than once",
        ),
        (
            {"recipeArn": SIMS, "solutionConfig": {"eventsConfig": {"eventParametersList": []}}},
            "only by the v2",
        ),
        ({"solutionConfig": {"optimizationObjective": {"itemAttribute": "PRICE"}}}, "not supported"),
        (
            {"recipeArn": GEN1, "solutionConfig": {"optimizationObjective": {"itemAttribute": "GENRES"}}},
            "numeric column",
        ),
        ({"recipeArn": GEN1, "solutionConfig": {"optimizationObjective": {}}}, "itemAttribute"),
        (
            {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"CARS": ["X"]}}}},
            "CARS",
        ),
        (
            {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"Items": ["X"]}}}},
            "names X",
        ),
        (
            {
                "solutionConfig": {
                    "trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE"]}}
                }
            },
            "EVENT_TYPE cannot",
        ),
        (
            {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["ITEM_ID"]}}}},
            "ITEM_ID is needed",
        ),
        (
            {"solutionConfig": {"trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["GENRES"]}}}},
            "includedDatasetColumns",
        ),
        (
            {
                "performAutoTraining": True,
                "solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}},
            },
            "rate",
        ),
        ({"solutionConfig": {"autoTrainingConfig": {}}}, "contradicts"),
        ({"solutionConfig": {"autoMLConfig": {}}}, "autoMLConfig"),
        ({"solutionConfig": {"hpoConfig": {}}}, "hpoConfig"),
        (
            {
                "recipeArn": GEN1,
                "solutionConfig": {"hpoConfig": {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "41"}}},
            },
            "1 to 40",
        ),
        (
            {
                "recipeArn": GEN1,
                "solutionConfig": {
                    "hpoConfig": {"algorithmHyperParameterRanges": {"integerHyperParameterRanges": []}}
                },
            },
            "continuousHyperParameterRanges",
        ),
    ],
)
def test_settings_that_the_recipe_does_not_support_are_refused(request_, message):
    here = world()
    group_arn, _ = shop.shop(here)
    shop.dataset(here, group_arn, "Items")
    with pytest.raises(InvalidInput, match=message):
        shop.solution(here, group_arn, **request_)


@pytest.mark.parametrize(
    "ranges",
    [
        {"integerHyperParameterRanges": [{"name": "bptt", "minValue": 1, "maxValue": 9}]},
        {"integerHyperParameterRanges": [{"name": "recency_mask"}]},
        {"categoricalHyperParameterRanges": [{"name": "recency_mask", "values": []}]},
        {"categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["maybe"]}]},
    ],
)
def test_hyperparameter_ranges_are_validated(ranges):
    here = world()
    group_arn, _ = shop.shop(here)
    parameter_types = ("integer", "continuous", "categorical")
    whole = {f"{parameter_type}HyperParameterRanges": [] for parameter_type in parameter_types} | ranges
    config = {"hpoConfig": {"algorithmHyperParameterRanges": whole}}
    with pytest.raises(InvalidInput):
        shop.solution(here, group_arn, recipeArn=GEN1, performHPO=True, solutionConfig=config)
    good: dict[str, list] = {
        f"{parameter_type}HyperParameterRanges": [] for parameter_type in parameter_types
    } | {"integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 9}]}
    config = {"hpoConfig": {"algorithmHyperParameterRanges": good}}
    shop.solution(here, group_arn, recipeArn=GEN1, performHPO=True, solutionConfig=config)


@pytest.mark.parametrize("name", ["aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"])
def test_recipes_of_2019_can_be_used(name):
    here = world()
    group_arn, _ = shop.shop(here)
    cold = {"cold_start_max_duration": "5", "cold_start_relative_from": "latestItem"}
    config = {"featureTransformationParameters": cold} if name == "aws-hrnn-coldstart" else {}
    arn = shop.solution(here, group_arn, recipeArn=recipe(name), solutionConfig=config)
    version = here.call("DescribeSolutionVersion", solutionVersionArn=shop.trained(here, arn))
    assert version["solutionVersion"]["recipeArn"] == recipe(name)


def test_auto_ml_chooses_a_recipe():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = here.call("CreateSolution", name="s", datasetGroupArn=group_arn, performAutoML=True)["solutionArn"]
    described = here.call("DescribeSolution", solutionArn=arn)["solution"]
    assert described["performAutoML"] is True and described["autoMLResult"] == {"bestRecipeArn": GEN1}
    version = here.call("DescribeSolutionVersion", solutionVersionArn=shop.version(here, arn))
    assert version["solutionVersion"]["recipeArn"] == GEN1


@pytest.mark.parametrize(
    ("listed", "chosen"),
    [
        ([], GEN1),
        ([recipe("aws-hrnn"), recipe("aws-hrnn-metadata")], recipe("aws-hrnn")),
        ([recipe("aws-popularity-count"), recipe("aws-hrnn-metadata")], recipe("aws-hrnn-metadata")),
    ],
)
def test_auto_ml_chooses_among_the_listed_recipes(listed, chosen):
    here = world()
    group_arn, _ = shop.shop(here)
    given = {"autoMLConfig": {"metricName": "precision_at_10", "recipeList": listed}}
    arn = here.call(
        "CreateSolution", name="s", datasetGroupArn=group_arn, performAutoML=True, solutionConfig=given
    )["solutionArn"]
    described = here.call("DescribeSolution", solutionArn=arn)["solution"]
    assert described["solutionConfig"] == given and described["autoMLResult"] == {"bestRecipeArn": chosen}
    version = here.call("DescribeSolutionVersion", solutionVersionArn=shop.version(here, arn))
    assert version["solutionVersion"]["recipeArn"] == chosen


def test_auto_ml_refuses_a_recipe_of_another_type():
    here = world()
    group_arn, _ = shop.shop(here)
    config = {"autoMLConfig": {"recipeList": [SIMS]}}
    with pytest.raises(InvalidInput, match="aws-sims has the type RELATED_ITEMS"):
        here.call(
            "CreateSolution", name="s", datasetGroupArn=group_arn, performAutoML=True, solutionConfig=config
        )


def test_recipe_without_a_model_is_refused():
    here = world(untrainable="aws-trending-now")
    group_arn, _ = shop.shop(here)
    with pytest.raises(NotServedYet, match="aws-trending-now"):
        shop.solution(here, group_arn, recipeArn=recipe("aws-trending-now"))


def test_columns_are_checked_if_their_dataset_exists():
    here = world()
    config = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}}
    shop.solution(here, shop.group(here), solutionConfig=config)


def test_delete_solution_needs_no_campaigns_and_no_work_in_progress():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn, performAutoTraining=True)
    version_arn = shop.version(here, arn)
    with pytest.raises(ResourceInUse, match=version_arn):
        here.call("DeleteSolution", solutionArn=arn)
    shop.finish_training(here, version_arn)
    campaign_arn = shop.deployed(here, version_arn)
    with pytest.raises(ResourceInUse, match=campaign_arn):
        here.call("DeleteSolution", solutionArn=arn)
    here.call("DeleteCampaign", campaignArn=campaign_arn)
    here.call("DeleteSolution", solutionArn=arn)
    assert here.workflows.schedules == {}
    plan = shop.finish_deletion(here, arn)
    assert plan["prefixes"] == [
        "groups/films.00000001/training/for-you/",
        "groups/films.00000001/models/for-you/",
    ]
    assert plan["recommendationsOf"] == []
    assert here.control.records.get(version_arn) is None


def test_solution_quota_counts_per_group():
    here = world(quotas={"solutionsPerDatasetGroup": 1})
    group_arn, _ = shop.shop(here)
    shop.solution(here, group_arn)
    shop.solution(here, shop.group(here, "books"), "other")
    with pytest.raises(LimitExceeded, match="solutionsPerDatasetGroup"):
        shop.solution(here, group_arn, "second")


def test_describe_solution_returns_the_newest_version():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn)
    shop.trained(here, arn)
    newest = shop.version(here, arn)
    described = here.call("DescribeSolution", solutionArn=arn)["solution"]
    assert described["latestSolutionVersion"]["solutionVersionArn"] == newest
