"""Training, a campaign, and its recommendations."""

from __future__ import annotations

import statistics
import time

from deployment.smoke.context import Context, check

SEGMENT_RECIPE = "aws-item-affinity"
RECIPE_ARN = "arn:{partition}:personalize:::recipe/{name}"
REQUESTS = 20
"""Warm requests whose latency is reported."""
RESULTS = 10


def create_version(context: Context, recipe: str, name: str = "") -> str:
    """Start the training of a new solution with a recipe. Returns the ARN of the version."""
    solution = context.personalize.create_solution(
        name=f"{context.run}-{name or recipe.removeprefix('aws-')}"[:63],
        datasetGroupArn=context.group,
        recipeArn=RECIPE_ARN.format(partition=context.target.partition, name=recipe),
        performAutoTraining=False,
    )["solutionArn"]
    context.wait("solution", "solution", solution)
    version: str = context.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    context.versions[recipe] = version
    return version


def train(context: Context) -> str:
    """Two trainings at the same time, each on a SageMaker job of its own."""
    versions = [create_version(context, recipe) for recipe in (context.recipe, SEGMENT_RECIPE)]
    hours = []
    for version in versions:
        found = context.wait("solution_version", "solutionVersion", version)
        hours.append(float(found.get("trainingHours") or 0.0))
    return f"{context.recipe} and {SEGMENT_RECIPE} are trained, in {sum(hours):.2f} reported training hours"


def create_campaign(context: Context, recipe: str) -> str:
    """A campaign with the version of a recipe, once it is active."""
    name = f"{context.run}-{recipe.removeprefix('aws-')}"[:63]
    arn: str = context.personalize.create_campaign(
        name=name, solutionVersionArn=context.versions[recipe], minProvisionedTPS=1
    )["campaignArn"]
    context.campaigns[recipe] = arn
    context.wait("campaign", "campaign", arn)
    return arn


def campaign(context: Context) -> str:
    """The campaign is active after its model was loaded and answered."""
    return f"{create_campaign(context, context.recipe).rpartition(':')[2]} is active"


def recommendations(context: Context) -> str:
    """Known items, each once, best first, for users of different taste."""
    shop, runtime = context.shop, context.runtime
    known = {line.split(",")[0] for line in shop.csv("Items").splitlines()[1:]}
    right = 0
    for number in range(4):
        answer = runtime.get_recommendations(
            campaignArn=context.campaigns[context.recipe], userId=shop.customer(number), numResults=RESULTS
        )
        items = [row["itemId"] for row in answer["itemList"]]
        check(len(set(items)) == RESULTS, f"{len(set(items))} different items instead of {RESULTS}")
        check(set(items) <= known, f"unknown items: {sorted(set(items) - known)}")
        scores = [row["score"] for row in answer["itemList"] if "score" in row]
        check(scores == sorted(scores, reverse=True), "scores do not fall")
        right += sum(shop.aisle_of(item) == shop.aisle(number) for item in items[:3])
    check(right > 6, f"only {right} of 12 first items are from the aisle in which the customers buy")
    took = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        context.recommend(context.recipe, shop.customer(0))
        took.append(1000 * (time.perf_counter() - began))
    median = f"median of {REQUESTS} warm answers {statistics.median(took):.0f} ms"
    return f"{right} of 12 first items match the customers' taste; {median}"
