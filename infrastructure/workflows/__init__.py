"""The state machines: import, train, deploy, refresh, delete, batch, export, erase, attribute."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.distributed import Distributed
from infrastructure.stage import Stage
from infrastructure.training import Training
from infrastructure.workflows import batch as batch_jobs
from infrastructure.workflows import data, models
from infrastructure.workflows.flow import Workflow


class Workflows(Construct):
    """The machines, by what they do."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        steps: lambda_.Function,
        ingest: lambda_.Function,
        batch: lambda_.Function,
        export: lambda_.Function,
        erase: lambda_.Function,
        refresh: lambda_.Function,
        attribute: lambda_.Function,
        training: Training,
        spark: Distributed | None,
        lake: Lake,
    ) -> None:
        super().__init__(scope, id)

        def flow(name: str, noun: str) -> Workflow:
            return Workflow(self, name, stage=stage, noun=noun, steps=steps)

        concurrency = stage.functions
        self.all: dict[str, sfn.StateMachine] = {
            "import": data.import_(flow("import", "Import"), ingest, spark, stage.data_buckets),
            "train": models.train(flow("train", "Training"), training, spark),
            "deploy": models.deploy(flow("deploy", "Deployment")),
            "refresh": models.refresh(flow("refresh", "Refresh"), refresh),
            "delete": data.delete(flow("delete", "Deletion")),
            "batch": batch_jobs.answer(
                flow("batch", "Batch job"), batch, lake=lake, concurrency=concurrency.batch_concurrency
            ),
            "attribution": data.attribute(flow("attribution", "Report"), attribute),
            "export": data.export(flow("export", "Export"), export),
            "data-deletion": data.erase(
                flow("data-deletion", "Data deletion"),
                erase,
                lake=lake,
                concurrency=concurrency.deletion_concurrency,
            ),
        }
