"""A first campaign, written for Amazon Personalize. Only the environment points to Tastemaker.

Usage: first_campaign.py INTERACTIONS.csv ITEMS.csv     (prints a JSON object with its results)
"""

import json
import sys
import time

import boto3

interactions_file, items_file = sys.argv[1:]
SUFFIX = "first-campaign"
WAIT_SECONDS = 300

account = boto3.client("sts").get_caller_identity()["Account"]
region = boto3.session.Session().region_name
s3 = boto3.client("s3")
iam = boto3.client("iam")
ssm = boto3.client("ssm")
personalize = boto3.client("personalize")
runtime = boto3.client("personalize-runtime")
events = boto3.client("personalize-events")
seen = {"account": account}


def wait(describe, key, **arn):
    deadline = time.time() + WAIT_SECONDS
    while time.time() < deadline:
        resource = describe(**arn)[key]
        if resource["status"] == "ACTIVE":
            return resource
        if resource["status"] == "CREATE FAILED":
            sys.exit(f"{key}: {resource.get('failureReason')}")
        time.sleep(0.25)
    sys.exit(f"{key} was not active within {WAIT_SECONDS} seconds")


# A bucket that Personalize may read, and a role for it
bucket = f"{account}-{region}-{SUFFIX}"
s3.create_bucket(Bucket=bucket)
s3.put_bucket_policy(
    Bucket=bucket,
    Policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "PersonalizeS3BucketAccessPolicy",
            "Statement": [
                {
                    "Sid": "PersonalizeS3BucketAccessPolicy",
                    "Effect": "Allow",
                    "Principal": {"Service": "personalize.amazonaws.com"},
                    "Action": ["s3:GetObject", "s3:ListBucket"],
                    "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                }
            ],
        }
    ),
)
s3.upload_file(interactions_file, bucket, "interactions.csv")
s3.upload_file(items_file, bucket, "metadata/items.csv")
role_arn = iam.create_role(
    RoleName=f"PersonalizeRole-{SUFFIX}",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "personalize.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
)["Role"]["Arn"]
for policy in ("service-role/AmazonPersonalizeFullAccess", "AmazonS3FullAccess"):
    iam.attach_role_policy(
        RoleName=f"PersonalizeRole-{SUFFIX}", PolicyArn=f"arn:aws:iam::aws:policy/{policy}"
    )

# The data
group_arn = personalize.create_dataset_group(name=f"{SUFFIX}-group")["datasetGroupArn"]
wait(personalize.describe_dataset_group, "datasetGroup", datasetGroupArn=group_arn)
ssm.put_parameter(Name="/personalize/group", Value=group_arn, Type="String")

SCHEMAS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "AISLE", "type": "string", "categorical": True},
        {"name": "PRICE", "type": "float"},
        {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True},
    ],
}
jobs = []
for kind, location in (("Interactions", "interactions.csv"), ("Items", "metadata/")):
    schema = {
        "type": "record",
        "name": kind,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": SCHEMAS[kind],
        "version": "1.0",
    }
    schema_arn = personalize.create_schema(name=f"{SUFFIX}-{kind}", schema=json.dumps(schema))["schemaArn"]
    dataset_arn = personalize.create_dataset(
        name=f"{SUFFIX}-{kind}", datasetType=kind, datasetGroupArn=group_arn, schemaArn=schema_arn
    )["datasetArn"]
    jobs.append(
        personalize.create_dataset_import_job(
            jobName=f"{SUFFIX}-{kind}-import",
            datasetArn=dataset_arn,
            dataSource={"dataLocation": f"s3://{bucket}/{location}"},
            roleArn=role_arn,
        )["datasetImportJobArn"]
    )
for job in jobs:
    wait(personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)

# The models
seen["recipes"] = [recipe["name"] for recipe in personalize.list_recipes()["recipes"]]
campaigns = {}
for name, recipe in (("for-you", "aws-user-personalization-v2"), ("similar", "aws-similar-items")):
    solution_arn = personalize.create_solution(
        name=f"{SUFFIX}-{name}",
        datasetGroupArn=ssm.get_parameter(Name="/personalize/group")["Parameter"]["Value"],
        recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
        performAutoTraining=False,
    )["solutionArn"]
    version_arn = personalize.create_solution_version(solutionArn=solution_arn)["solutionVersionArn"]
    wait(personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version_arn)
    seen[f"{name} metrics"] = personalize.get_solution_metrics(solutionVersionArn=version_arn)["metrics"]
    campaigns[name] = personalize.create_campaign(
        name=f"{SUFFIX}-{name}", solutionVersionArn=version_arn, minProvisionedTPS=1
    )["campaignArn"]
    wait(personalize.describe_campaign, "campaign", campaignArn=campaigns[name])


# The answers
def recommend(**request):
    answer = runtime.get_recommendations(numResults=10, **request)
    return [row["itemId"] for row in answer["itemList"]]


seen["before"] = recommend(campaignArn=campaigns["for-you"], userId="customer-0")
seen["nobody"] = recommend(campaignArn=campaigns["for-you"], userId="nobody-we-know")
seen["similar"] = recommend(campaignArn=campaigns["similar"], itemId="cheese-03")

# New events of the customer count at once
tracker = personalize.create_event_tracker(name=f"{SUFFIX}-tracker", datasetGroupArn=group_arn)
start = time.time()
for item in ("tea-01", "tea-02", "tea-03"):
    events.put_events(
        trackingId=tracker["trackingId"],
        userId="customer-0",
        sessionId="session-1",
        eventList=[
            {"sentAt": time.time(), "eventType": "purchase", "properties": json.dumps({"itemId": item})}
        ],
    )
seen["after"] = seen["before"]


def tea(answer):
    return sum(item.startswith("tea-") for item in answer)


while tea(seen["after"]) < tea(seen["before"]) + 3 and time.time() - start < 120:
    seen["after"] = recommend(campaignArn=campaigns["for-you"], userId="customer-0")
    time.sleep(0.2)

# Delete everything, from the leaves to the root
for campaign in campaigns.values():
    personalize.delete_campaign(campaignArn=campaign)
personalize.delete_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])


def gone(describe, **arn):
    deadline = time.time() + WAIT_SECONDS
    while time.time() < deadline:
        try:
            describe(**arn)
        except personalize.exceptions.ResourceNotFoundException:
            return
        time.sleep(0.25)
    sys.exit(f"{arn} is still there")


for campaign in campaigns.values():
    gone(personalize.describe_campaign, campaignArn=campaign)
for solution in personalize.list_solutions(datasetGroupArn=group_arn)["solutions"]:
    personalize.delete_solution(solutionArn=solution["solutionArn"])
    gone(personalize.describe_solution, solutionArn=solution["solutionArn"])
for dataset in personalize.list_datasets(datasetGroupArn=group_arn)["datasets"]:
    schema_arn = personalize.describe_dataset(datasetArn=dataset["datasetArn"])["dataset"]["schemaArn"]
    personalize.delete_dataset(datasetArn=dataset["datasetArn"])
    gone(personalize.describe_dataset, datasetArn=dataset["datasetArn"])
    personalize.delete_schema(schemaArn=schema_arn)
personalize.delete_dataset_group(datasetGroupArn=group_arn)
gone(personalize.describe_dataset_group, datasetGroupArn=group_arn)
groups = personalize.get_paginator("list_dataset_groups").paginate()
seen["group is left"] = any(
    g["datasetGroupArn"] == group_arn for page in groups for g in page["datasetGroups"]
)
print(json.dumps(seen))
