"""The steps of the batch state machine, one per call.

An event is {"action", "plan", "item"}: the action is plan, answer, collect, count or load, the plan is the
job's, and the item is the element of a map state.
"""

import json
import time
from typing import Any

import boto3
from botocore.config import Config

from lambdas.batch.answer import THREADS, Counts, PrefetchedProfiles, answer_shard, whole, write_part
from lambdas.batch.collect import collect
from lambdas.batch.count import count, write_count
from lambdas.batch.delivery import deliver, read_audience, split_of, write_audience, write_repeated
from lambdas.batch.load import load
from lambdas.batch.plan import plan_shards
from lambdas.batch.text_budget import check_budget, limited_spending
from lambdas.batch.theme_lines import check_theme_lines
from lambdas.stores.bundles import BundleCache
from lambdas.stores.caller_access import CallerAccess
from lambdas.stores.caller_files import S3Source
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from lambdas.stores.precomputed import PrecomputedTable
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.texts import LakeTexts
from lambdas.stores.upserts import CatalogUpserts
from lambdas.support.generators.connect import TextLimits, writer_of
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker import recipes
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.messages import MessageJob
from tastemaker.batch.segments import SegmentJob
from tastemaker.batch.themes import ThemeJob
from tastemaker.contracts.lake_layout import BUNDLE_MANIFEST, failure_reason
from tastemaker.contracts.plans import BatchPlan
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.failures import reason_for
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.runtime import Runtime

LIMITS = TextLimits(seconds=60.0, call_seconds=20.0)
MARGIN_SECONDS = 60.0
"""What is left of the function's time when the last text of a shard must be there. Texts that a model has no
time for are written by templates, because a shard that does not end would be paid for again."""
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6}, max_pool_connections=2 * THREADS)


class Batch:
    """The steps and their stores. There is one object per process, which keeps models open."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.session = settings, boto3.Session()
        self.s3 = self.session.client("s3", config=CONFIG)
        dynamodb = self.dynamodb = self.session.client("dynamodb", config=CONFIG)
        self.access = CallerAccess.connect(self.session, self.s3, settings)
        self.lake = LakeBucket(self.s3, settings.lake_bucket)
        self.records = RecordCache(ResourceTable(dynamodb, settings.resources_table))
        self.profiles = Profiles(dynamodb, settings.profiles_table)
        self.precomputed = PrecomputedTable(dynamodb, settings.recommendations_table)
        self.bundles = BundleCache(self.s3)

    def run(self, action: str, plan: BatchPlan, item: dict[str, Any], seconds: float = 900.0) -> Any:
        """Run a step within `seconds`.

        What it raises is the failure reason, which is stored in the job's folder.
        """
        try:
            match action:
                case "plan":
                    self._output(plan).check()
                    if "themes" in plan:
                        check_theme_lines(self._source(plan), plan)
                    if "themes" in plan or "messages" in plan:
                        check_budget(self._source(plan), plan, self.settings.text_generation)
                    if "messages" in plan:
                        write_repeated(self._source(plan), self.lake, plan)
                        if plan["messages"].get("delivery"):
                            write_audience(lambda location: self._source(plan, location), self.lake, plan)
                    return plan_shards(
                        self._source(plan), self.lake, plan, self._items(plan), self._texts(plan)
                    )
                case "answer":
                    return self._answer(plan, item, seconds)
                case "collect":
                    if "messages" in plan:
                        deliver(self.lake, self._output(plan), plan, item)
                    return collect(self.lake, self._output(plan), plan, item)
                case "count":
                    return count(self.lake, plan)
                case "load":
                    return load(self.lake, self.precomputed, plan, item)
        except Exception as error:
            # Step Functions does not report why an element of a map state failed.
            what = item.get("name") or item.get("part") or f"The step {action!r}"
            self.lake.write(failure_reason(plan["folder"]), reason_for(error, str(what)))
            raise
        raise ValueError(f"There is no action {action!r}.")

    def _answer(self, plan: BatchPlan, item: dict[str, Any], seconds: float) -> int:
        """Answer a shard. Returns how many lines could not be answered."""
        self.bundles.get(plan["bundle"])  # a missing model fails the job, not each of its lines
        source, started = self._source(plan), time.perf_counter()
        with PrefetchedProfiles(self.profiles, plan["now"]) as ahead:
            runtime = Runtime(
                self.records,
                self.bundles,
                ahead,
                clock=lambda: float(plan["now"]),
                new_id=lambda arn: "",
                upserts=CatalogUpserts(self.dynamodb, self.settings.catalog_table, until=float(plan["now"])),
            )
            if recipes.by_arn(plan["recipeArn"]).batch_segment:
                counts = write_part(source, self.lake, item, SegmentJob.from_plan(plan, runtime).answer)
            else:
                counts = self._infer(source, item, plan, runtime, ahead, seconds)
        write_count(self.lake, plan, item["part"], counts)
        failed = counts.lines - counts.answered
        took = round(time.perf_counter() - started, 3)
        logger.info("shard answered", extra={"part": item["part"], "failed": failed, "seconds": took})
        return failed

    def _infer(
        self,
        source: S3Source,
        item: dict[str, Any],
        plan: BatchPlan,
        runtime: Runtime,
        ahead: PrefetchedProfiles,
        seconds: float,
    ) -> Counts:
        job = InferenceJob.from_plan(plan, runtime)
        if "themes" not in plan and "messages" not in plan:
            return answer_shard(source, self.lake, item, job, ahead)
        settings = self._texts(plan) or TextGeneration()
        writer, figures = writer_of(settings, LIMITS, store=LakeTexts(self.lake))
        figures.time.start(seconds - MARGIN_SECONDS)
        texts: ThemeJob | MessageJob
        if "themes" in plan:
            texts = ThemeJob(job, plan["themes"], writer)
        else:
            audience = read_audience(self.lake, plan)
            texts = MessageJob(job, plan["messages"], writer, settings, audience)
        split = split_of(self.lake, plan, item) if "messages" in plan else whole
        with limited_spending(self.lake, plan, item, figures.spending):
            counts = answer_shard(source, self.lake, item, job, ahead, texts.answer, split)
        logger.info("texts written", extra={"model": writer.name, **figures.emit()})
        return counts

    def _texts(self, plan: BatchPlan) -> TextGeneration | None:
        """How the job writes texts: not at all, by templates, or by the model of the stage."""
        if "themes" not in plan and "messages" not in plan:
            return None
        dry_run = plan.get("messages", {}).get("dryRun")
        return TextGeneration() if dry_run else self.settings.text_generation

    def _items(self, plan: BatchPlan) -> int:
        """Return the work of a line in items: those to score, or for a segment all events of all users."""
        key = f"{plan['bundle']}{BUNDLE_MANIFEST}".removeprefix(self.lake.uri(""))
        counts = json.loads(self.lake.read(key)).get("counts", {})
        if recipes.by_arn(plan["recipeArn"]).batch_segment:
            return int(counts.get("users", 0)) + 2 * int(counts.get("interactions", 0))
        return int(counts.get("items", 0))

    def _source(self, plan: BatchPlan, location: str | None = None) -> S3Source:
        """The job's input, or another location of the caller."""
        return self.access.source(location or plan["input"], plan.get("roleArn"))

    def _output(self, plan: BatchPlan) -> OutputFolder:
        return self.access.output(plan["output"], plan.get("roleArn"), plan.get("kmsKeyArn"))


_batch: Batch | None = None


def handle(event: dict[str, Any], context: Any) -> Any:
    """Run one step of a job."""
    global _batch
    _batch = _batch or Batch(Settings())
    logger.append_keys(arn=event["plan"]["arn"])
    seconds = context.get_remaining_time_in_millis() / 1000
    return _batch.run(event["action"], event["plan"], event.get("item") or {}, seconds)
