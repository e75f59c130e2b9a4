"""The steps of the smoke test, in order."""

from __future__ import annotations

from deployment.smoke.runner import CLEANUP, Step
from deployment.smoke.steps import alarms, data, declare, events, jobs, lifecycle, models, search, texts

STEPS = (
    Step("connect", "sign requests for the API and describe the deployment", lifecycle.connect),
    Step("storage", "create a bucket and a role", lifecycle.storage, ("connect",)),
    Step("import", "import interactions, items and users", data.import_data, ("storage",)),
    Step("declare", "create and delete resources by CloudFormation", declare.declare, ("import",)),
    Step("train", "train recommendations and segments", models.train, ("import",)),
    Step("campaign", "create a campaign", models.campaign, ("train",)),
    Step("recommendations", "ask for recommendations", models.recommendations, ("campaign",)),
    Step("search", "search items through OpenSearch's API", search.search, ("campaign",)),
    Step("texts", "write a message", texts.texts, ("campaign",)),
    Step("events", "send events and see the answer change", events.events, ("recommendations",)),
    Step("retraining", "train on streamed events", events.retraining, ("events",)),
    Step("batch-inference", "answer a file of users", jobs.batch_inference, ("train",)),
    Step("segments", "find users for items", jobs.segments, ("train",)),
    Step("export", "export interactions", jobs.export, ("retraining",)),
    Step("metrics", "read metrics of the model and of recommendations", events.metrics, ("retraining",)),
    Step("alarms", "fail an execution and get the alarm's message", alarms.alarms, ("storage",)),
    Step("deletion", "delete a user everywhere", jobs.deletion, ("export",)),
    Step(CLEANUP, "delete everything that this run created", lifecycle.cleanup),
)
"""`cleanup` also runs after a failure."""
