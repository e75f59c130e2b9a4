"""A shop's front page, written for Amazon Personalize: shelves by filters, a promotion, and a user's orders.

Written like a notebook: it uses new resources at once where the service allows it, prints whole responses,
and deletes everything with paginators and exceptions. Only the environment points to Tastemaker.

Usage: storefront.py INTERACTIONS.csv ITEMS.csv     (prints a JSON object with its results)
"""

import json
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

interactions_file, items_file = sys.argv[1:]
personalize = boto3.client("personalize")
runtime = boto3.client("personalize-runtime")
events = boto3.client("personalize-events")
s3 = boto3.resource("s3")
seen = {}


def poll(read, done, seconds=240):
    deadline = time.time() + seconds
    while time.time() < deadline:
        found = read()
        if done(found):
            return found
        time.sleep(0.2)
    sys.exit(f"still {found} after {seconds} seconds")


def until_active(describe, member, **arn):
    last = poll(lambda: describe(**arn)[member], lambda one: one["status"] in ("ACTIVE", "CREATE FAILED"))
    if last["status"] != "ACTIVE":
        sys.exit(f"{member}: {last.get('failureReason')}")
    return last


# A role that may read the data, and a bucket with them. The first column is a row number, as pandas writes it
account = boto3.client("sts").get_caller_identity()["Account"]
bucket = s3.create_bucket(Bucket=f"{account}-personalize-storefront")
iam = boto3.client("iam")
trust = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = iam.create_role(
    RoleName="PersonalizeRoleStorefront",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)["Role"]
iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
for source, key in ((interactions_file, "interactions.csv"), (items_file, "items.csv")):
    lines = Path(source).read_text().splitlines()
    numbered = ["," + lines[0], *(f"{number},{line}" for number, line in enumerate(lines[1:]))]
    bucket.Object(key).put(Body="\n".join(numbered).encode())

answer = personalize.create_dataset_group(name="storefront", tags=[{"tagKey": "team", "tagValue": "front"}])
seen["printable"] = json.loads(json.dumps(answer))["datasetGroupArn"]  # Notebooks print responses as they are
group = answer["datasetGroupArn"]
until_active(personalize.describe_dataset_group, "datasetGroup", datasetGroupArn=group)
try:
    personalize.create_dataset_group(name="storefront")
except personalize.exceptions.ResourceAlreadyExistsException as error:
    seen["twice"] = error.response["Error"]["Code"]

FIELDS = {
    "INTERACTIONS": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "ITEMS": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "AISLE", "type": ["string"], "categorical": True},
        {"name": "PRICE", "type": "float"},
    ],
}
jobs = []
for kind, fields in FIELDS.items():
    schema = {
        "type": "record",
        "name": kind.capitalize(),
        "namespace": "com.amazonaws.personalize.schema",
        "fields": fields,
        "version": "1.0",
    }
    schema_arn = personalize.create_schema(name=f"storefront-{kind}", schema=json.dumps(schema))["schemaArn"]
    dataset_arn = personalize.create_dataset(
        name=f"storefront-{kind}", schemaArn=schema_arn, datasetGroupArn=group, datasetType=kind
    )["datasetArn"]
    jobs.append(
        personalize.create_dataset_import_job(
            jobName=f"storefront-{kind}",
            datasetArn=dataset_arn,
            dataSource={"dataLocation": f"s3://{bucket.name}/{kind.lower()}.csv"},
            roleArn=role["Arn"],
        )["datasetImportJobArn"]
    )
for job in jobs:
    until_active(personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)

# Both solutions at once, each followed by its version; then one loop waits for both
versions = {}
for name in ("aws-popularity-count", "aws-sims"):
    solution = personalize.create_solution(
        name=f"storefront-{name}", datasetGroupArn=group, recipeArn=f"arn:aws:personalize:::recipe/{name}"
    )["solutionArn"]
    versions[name] = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
waiting = list(versions.values())
for version in list(waiting):
    until_active(personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version)
    waiting.remove(version)
campaigns = {
    name: personalize.create_campaign(
        name=f"storefront-{name}",
        solutionVersionArn=version,
        minProvisionedTPS=1,
        campaignConfig={"enableMetadataWithRecommendations": True},
    )["campaignArn"]
    for name, version in versions.items()
}
EXPRESSIONS = {
    "aisle": "INCLUDE ItemID WHERE Items.AISLE IN ($AISLE)",
    "cheap": 'INCLUDE ItemID WHERE Items.PRICE < 3 AND Items.AISLE IN ("tea")',
    "ordered": 'INCLUDE ItemID WHERE Interactions.event_type IN ("purchase")',
    "not-ordered": 'EXCLUDE ItemID WHERE Interactions.event_type IN ("purchase")',
}
filters = {
    name: personalize.create_filter(name=name, datasetGroupArn=group, filterExpression=expression)[
        "filterArn"
    ]
    for name, expression in EXPRESSIONS.items()
}
for arn in filters.values():
    until_active(personalize.describe_filter, "filter", filterArn=arn)
for arn in campaigns.values():
    until_active(personalize.describe_campaign, "campaign", campaignArn=arn)
try:
    personalize.create_filter(name="bad", datasetGroupArn=group, filterExpression="INCLUDE ItemID WHERE x")
except personalize.exceptions.InvalidInputException as error:
    seen["bad filter"] = error.response["Error"]["Code"]

# The page, as soon as the campaigns are ACTIVE
popular = campaigns["aws-popularity-count"]


def shelf(**request):
    rows = runtime.get_recommendations(campaignArn=popular, userId="customer-1", **request)["itemList"]
    return [row["itemId"] for row in rows]


seen["default size"] = len(shelf())
seen["aisle"] = shelf(filterArn=filters["aisle"], filterValues={"AISLE": '"tea","fruit"'}, numResults=20)
seen["cheap"] = shelf(filterArn=filters["cheap"])
seen["ordered"] = shelf(filterArn=filters["ordered"])
seen["not ordered"] = shelf(filterArn=filters["not-ordered"], numResults=60)
promoted = runtime.get_recommendations(
    campaignArn=popular,
    userId="customer-1",
    numResults=10,
    filterArn=filters["aisle"],
    filterValues={"AISLE": '"bread"'},
    promotions=[
        {
            "name": "tea-week",
            "percentPromotedItems": 30,
            "filterArn": filters["aisle"],
            "filterValues": {"AISLE": '"tea"'},
        }
    ],
)["itemList"]
seen["promoted"] = [[row["itemId"], row.get("promotionName")] for row in promoted]
rows = runtime.get_recommendations(
    campaignArn=campaigns["aws-sims"],
    itemId="fruit-04",
    numResults=3,
    metadataColumns={"ITEMS": ["AISLE", "PRICE"]},
)["itemList"]
seen["with metadata"] = [row["metadata"] for row in rows]
try:
    shelf(filterArn=filters["aisle"])
except runtime.exceptions.InvalidInputException as error:
    seen["no value"] = error.response["Error"]["Code"]

# An order moves an item from one shelf to the other
fresh = seen["not ordered"][0]
tracker = personalize.create_event_tracker(name="storefront", datasetGroupArn=group)
events.put_events(
    trackingId=tracker["trackingId"],
    userId="customer-1",
    sessionId="visit",
    eventList=[
        {"sentAt": int(time.time()), "eventType": "purchase", "properties": json.dumps({"itemId": fresh})}
    ],
)
seen["fresh"] = fresh
seen["ordered later"] = poll(
    lambda: shelf(filterArn=filters["ordered"], numResults=60), lambda r: fresh in r, 15
)
seen["not ordered later"] = shelf(filterArn=filters["not-ordered"], numResults=60)

# Delete everything: first in the wrong order, then in the order that the service demands
refused = {}
for operation, request in {
    "delete_dataset_group": {"datasetGroupArn": group},
    "delete_schema": {"schemaArn": schema_arn},
    "delete_solution": {"solutionArn": versions["aws-sims"].rsplit("/", 1)[0]},
}.items():
    try:
        getattr(personalize, operation)(**request)
    except ClientError as error:
        refused[operation] = error.response["Error"]["Code"]
seen["refused"] = refused


def pages(operation, member, **request):
    for page in personalize.get_paginator(operation).paginate(PaginationConfig={"PageSize": 1}, **request):
        yield from page[member]


def gone(describe, **arn):
    def missing():
        try:
            describe(**arn)
        except personalize.exceptions.ResourceNotFoundException:
            return True
        return False

    poll(missing, bool)


for solution in list(pages("list_solutions", "solutions", datasetGroupArn=group)):
    for campaign in list(pages("list_campaigns", "campaigns", solutionArn=solution["solutionArn"])):
        personalize.delete_campaign(campaignArn=campaign["campaignArn"])
        gone(personalize.describe_campaign, campaignArn=campaign["campaignArn"])
    personalize.delete_solution(solutionArn=solution["solutionArn"])
    gone(personalize.describe_solution, solutionArn=solution["solutionArn"])
for one in list(pages("list_event_trackers", "eventTrackers", datasetGroupArn=group)):
    personalize.delete_event_tracker(eventTrackerArn=one["eventTrackerArn"])
    gone(personalize.describe_event_tracker, eventTrackerArn=one["eventTrackerArn"])
for one in list(pages("list_filters", "Filters", datasetGroupArn=group)):
    personalize.delete_filter(filterArn=one["filterArn"])
    gone(personalize.describe_filter, filterArn=one["filterArn"])
for one in list(pages("list_datasets", "datasets", datasetGroupArn=group)):
    schema_arn = personalize.describe_dataset(datasetArn=one["datasetArn"])["dataset"]["schemaArn"]
    personalize.delete_dataset(datasetArn=one["datasetArn"])
    gone(personalize.describe_dataset, datasetArn=one["datasetArn"])
    personalize.delete_schema(schemaArn=schema_arn)
personalize.delete_dataset_group(datasetGroupArn=group)
gone(personalize.describe_dataset_group, datasetGroupArn=group)
print(json.dumps(seen))
