"""The boto3 program that does what `tastemaker try` did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.importing import RECORDS, Storage

_TEMPLATE = '''"""What `tastemaker try` did, as a program: import, train, serve, ask.

    python {name}
"""

import json
import os
import time
from pathlib import Path

import boto3

for name, value in {variables}.items():
    os.environ.setdefault(name, value)
FOLDER = Path(__file__).parent
NAME = "{group}-" + time.strftime("%H%M%S")
RECIPES = {recipes}
USER, ITEM = {user!r}, {item!r}
BUCKET, ROLE = {bucket!r}, {role!r}

s3, iam = boto3.client("s3"), boto3.client("iam")
personalize, runtime = boto3.client("personalize"), boto3.client("personalize-runtime")


def wait(describe, member, **arn):
    while (resource := describe(**arn)[member])["status"] != "ACTIVE":
        if resource["status"].endswith("FAILED"):
            raise SystemExit(f"{{member}}: {{resource.get('failureReason')}}")
        time.sleep(1)


# 1. A bucket for the files, and a role that may read it
if BUCKET not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=BUCKET{location})
trust = {{
    "Effect": "Allow",
    "Principal": {{"Service": "personalize.amazonaws.com"}},
    "Action": "sts:AssumeRole",
}}
document = json.dumps({{"Version": "2012-10-17", "Statement": [trust]}})
try:
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
except iam.exceptions.EntityAlreadyExistsException:
    role = iam.get_role(RoleName=ROLE)["Role"]["Arn"]

# 2. A dataset group with the files
group = personalize.create_dataset_group(name=NAME)["datasetGroupArn"]
wait(personalize.describe_dataset_group, "datasetGroup", datasetGroupArn=group)
jobs = []
for kind in {kinds}:
    file = FOLDER / f"{{kind.lower()}}.csv"
    schema = personalize.create_schema(
        name=f"{{NAME}}-{{kind}}", schema=(FOLDER / f"{{kind.lower()}}.schema.json").read_text()
    )["schemaArn"]
    dataset = personalize.create_dataset(
        name=f"{{NAME}}-{{kind}}", datasetType=kind, datasetGroupArn=group, schemaArn=schema
    )["datasetArn"]
    s3.upload_file(str(file), BUCKET, f"{{NAME}}/{{file.name}}")
    jobs.append(
        personalize.create_dataset_import_job(
            jobName=f"{{NAME}}-{{kind}}",
            datasetArn=dataset,
            dataSource={{"dataLocation": f"s3://{{BUCKET}}/{{NAME}}/{{file.name}}"}},
            roleArn=role,
        )["datasetImportJobArn"]
    )
for job in jobs:
    wait(personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)

# 3. A model and a campaign for each recipe
campaigns = {{}}
for recipe in RECIPES:
    solution = personalize.create_solution(
        name=f"{{NAME}}-{{recipe}}"[:63],
        datasetGroupArn=group,
        recipeArn=f"arn:aws:personalize:::recipe/{{recipe}}",
        performAutoTraining=False,
    )["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    wait(personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version)
    campaign = personalize.create_campaign(
        name=f"{{NAME}}-{{recipe}}"[:63], solutionVersionArn=version
    )["campaignArn"]
    wait(personalize.describe_campaign, "campaign", campaignArn=campaign)
    campaigns[recipe] = campaign

# 4. Ask
for recipe, campaign in campaigns.items():
    who = {{"itemId": ITEM}} if recipe == "aws-similar-items" else {{"userId": USER}}
    answer = runtime.get_recommendations(campaignArn=campaign, numResults=10, **who)
    print(recipe, who, [item["itemId"] for item in answer["itemList"]])
'''


def write_program(
    path: Path,
    *,
    group: str,
    endpoint: str,
    region: str,
    dataset_types: Sequence[str],
    recipes: Sequence[str],
    at: Storage,
    user: str,
    item: str,
) -> None:
    """Write the program. It needs the files beside it, and respects variables of the environment."""
    asked = [recipe for recipe in recipes if "ranking" not in recipe]
    variables = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": region}
    variables |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    place = {"LocationConstraint": region}
    text = _TEMPLATE.format(
        variables=variables,
        name=path.name,
        group=group[:30],
        recipes=asked,
        user=user,
        item=item,
        role="TastemakerImport-Personalize",
        bucket=at.bucket,
        location="" if region == "us-east-1" else f", CreateBucketConfiguration={place}",
        kinds=[RECORDS[one] for one in dataset_types],
    )
    path.write_text(text, encoding="utf-8")
