"""Batch jobs, the export, and the deletion of a user."""

from __future__ import annotations

import csv
import io
import json

from deployment.smoke import traces
from deployment.smoke.context import Context, check
from deployment.smoke.shop import PURCHASES
from deployment.smoke.steps.models import SEGMENT_RECIPE

LINES = 20
RESULTS = 5
DELETED = 7
"""The number of the customer who is deleted: bought, streamed, and was put."""


def batch_inference(context: Context) -> str:
    """A file of users is answered line by line, in the caller's bucket."""
    users = [context.shop.customer(number) for number in range(LINES)]
    location = context.put("batch/users.json", "\n".join(json.dumps({"userId": user}) for user in users))
    arn = context.personalize.create_batch_inference_job(
        jobName=f"{context.run}-batch",
        solutionVersionArn=context.versions[context.recipe],
        jobInput={"s3DataSource": {"path": location}},
        jobOutput={"s3DataDestination": {"path": f"s3://{context.bucket}/batch-output/"}},
        roleArn=context.role,
        numResults=RESULTS,
    )["batchInferenceJobArn"]
    context.wait("batch_inference_job", "batchInferenceJob", arn)
    answers = context.lines("batch-output/users.json.out")
    check([one["input"]["userId"] for one in answers] == users, "the lines are not those of the input")
    check(all(one["error"] is None for one in answers), f"errors: {[one['error'] for one in answers][:3]}")
    counts = {len(set(one["output"]["recommendedItems"])) for one in answers}
    check(counts == {RESULTS}, f"lines have {counts} different items instead of {RESULTS}")
    return f"{LINES} lines were answered, with {RESULTS} items each"


def segments(context: Context) -> str:
    """For each item, the users who would like it, most of them customers of its aisle."""
    shop = context.shop
    items = [shop.item(shop.aisle(number), 3) for number in range(4)]
    location = context.put("segments/items.json", "\n".join(json.dumps({"itemId": item}) for item in items))
    arn = context.personalize.create_batch_segment_job(
        jobName=f"{context.run}-segments",
        solutionVersionArn=context.versions[SEGMENT_RECIPE],
        jobInput={"s3DataSource": {"path": location}},
        jobOutput={"s3DataDestination": {"path": f"s3://{context.bucket}/segments-output/"}},
        roleArn=context.role,
        numResults=RESULTS,
    )["batchSegmentJobArn"]
    context.wait("batch_segment_job", "batchSegmentJob", arn)
    right = 0
    for answer in context.lines("segments-output/items.json.out"):
        check(answer["error"] is None, f"a line has the error {answer['error']}")
        aisle = shop.aisle_of(answer["input"]["itemId"])
        users = answer["output"]["usersList"]
        check(len(set(users)) == RESULTS, f"{len(set(users))} users instead of {RESULTS}")
        right += sum(shop.aisle(int(user.rpartition("-")[2])) == aisle for user in users)
    check(right > 2 * RESULTS, f"only {right} of {4 * RESULTS} users buy in the aisle of their item")
    return f"{right} of {4 * RESULTS} users of four segments buy in the aisle of their item"


def _export(context: Context, name: str) -> list[dict[str, str]]:
    job = f"{context.run}-{name}"
    arn = context.personalize.create_dataset_export_job(
        jobName=job,
        datasetArn=context.datasets["Interactions"],
        ingestionMode="ALL",
        roleArn=context.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{context.bucket}/export/"}},
    )["datasetExportJobArn"]
    context.wait("dataset_export_job", "datasetExportJob", arn)
    return list(csv.DictReader(io.StringIO(context.get(f"export/{job}.csv"))))


def export(context: Context) -> str:
    """The export has every imported row and every streamed event."""
    found = _export(context, "export")
    expected = context.shop.rows + len(context.streamed)
    check(len(found) == expected, f"the export has {len(found)} rows instead of {expected}")
    streamed = sum(row["ITEM_ID"] == context.shop.new_item for row in found)
    wanted = sum(item == context.shop.new_item for _, item in context.streamed)
    check(streamed == wanted, f"{streamed} of {wanted} streamed events of {context.shop.new_item}")
    return f"{len(found):,} rows: {context.shop.rows:,} imported and {len(context.streamed)} streamed"


def deletion(context: Context) -> str:
    """After a data deletion job, no object, no table and no new export names the user."""
    shop, user = context.shop, context.shop.customer(DELETED)
    context.events.put_users(
        datasetArn=context.datasets["Users"], users=[{"userId": user, "properties": '{"age": 99}'}]
    )
    before = traces.of_user(context.target, context.run, user)
    check(len(before) > 3, f"the user should be in files and tables before, and is in {before}")
    arn = context.personalize.create_data_deletion_job(
        jobName=f"{context.run}-deletion",
        datasetGroupArn=context.group,
        dataSource={"dataLocation": context.put("deletion/users.csv", f"USER_ID\n{user}\n")},
        roleArn=context.role,
    )["dataDeletionJobArn"]
    done = context.wait("data_deletion_job", "dataDeletionJob", arn, "COMPLETED")
    streamed = sum(one == user for one, _ in context.streamed)
    least = PURCHASES + 1 + streamed
    check(done["numDeleted"] >= least, f"{done['numDeleted']} rows were deleted, and there were {least}")
    left = traces.of_user(context.target, context.run, user)
    check(not left, f"the user is still in {', '.join(left)}")
    rows = _export(context, "after-deletion")
    users = {row["USER_ID"] for row in rows}
    check(user not in users, "the user is in a new export")
    check(len(users) == shop.customers - 1, f"{len(users)} users are left instead of {shop.customers - 1}")
    return f"{done['numDeleted']} rows deleted; no trace in the lake, in tables or in a new export"
