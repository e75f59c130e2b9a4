"""The training job: its image, code, role and instances."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.encryption import ENCRYPT, stage_key
from infrastructure.grants import allow_objects, foundation_model
from infrastructure.logs import WRITE_STREAMS, log_group_arn
from infrastructure.packaging import packages
from infrastructure.packaging.build import build
from infrastructure.permissions import allow
from infrastructure.settings.jobs import image_parts
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import ALL_GROUPS, Area, patterns
from tastemaker.contracts.training_config import BUDGET_VARIABLE

IMAGES = Path(__file__).with_name("training_images.json")
# Instances with disks of their own, which encrypt by themselves. SageMaker refuses a key for their volumes.
LOCAL_DISK = re.compile(r"ml\.(g\d|p3dn|p[4-9]|trn|[a-z]+\d+[a-z]*d)")
PUBLIC_IMAGE = "pytorch-training"
# The names of all jobs begin so. Roles may start and stop only jobs with such a name.
JOB_PREFIX = "tastemaker-"
# Unpacks the code channel and runs it. With an entry point of our own, SageMaker's start-up code does not run
# and does not set SM_CHANNEL_CODE. If the variable is set, it is correct.
ENTRYPOINT = [
    "sh",
    "-c",
    # No ${…}: CloudFormation would substitute it.
    'code="$SM_CHANNEL_CODE"; [ -n "$code" ] || code=/opt/ml/input/data/code; there="$(mktemp -d)"; '
    'python3 -m zipfile -e "$code"/*.zip "$there" && cd "$there" && exec python3 -m training',
]


class Training(Construct):
    """The role and the code of training jobs, and the request of `CreateTrainingJob` for a state machine."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, lake: Lake) -> None:
        super().__init__(scope, id)
        self._settings = stage.training
        self._key = stage_key(self)
        self._local_disk = LOCAL_DISK.match(self._settings.instance_type) is not None
        gpu = self._settings.instance_type.startswith(("ml.g", "ml.p"))
        region = cdk.Stack.of(self).region
        self._text_region = self._settings.text_model_region or region
        self.image, registry = self._image("gpu" if gpu else "cpu")
        self.code = assets.Asset(self, "Code", path=str(build(packages.TRAINING, bundle=stage.bundle)))
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "sagemaker.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            ),
            description="What a training job may do",
        )
        self._grant(lake, repository=registry)

    def _image(self, processor: str) -> tuple[str, str]:
        """The training image, and the ARN of its repository."""
        stack, uri = cdk.Stack.of(self), self._settings.image
        if parts := image_parts(uri):
            account, region, name = parts
        else:
            images = cdk.CfnMapping(self, "Images", mapping=json.loads(IMAGES.read_text()))
            uri = images.find_in_map(stack.region, processor)
            account, region, name = images.find_in_map(stack.region, "account"), stack.region, PUBLIC_IMAGE
        arn = stack.format_arn(
            service="ecr", region=region, account=account, resource="repository", resource_name=name
        )
        return uri, arn

    def _grant(self, lake: Lake, *, repository: str) -> None:
        stack = cdk.Stack.of(self)
        allow_objects(self.role, ["s3:GetObject"], lake, [ALL_GROUPS])
        write = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        allow_objects(self.role, write, lake, patterns(Area.MODELS))
        allow(self.role, ["s3:ListBucket", "s3:GetBucketLocation"], [lake.bucket.bucket_arn])
        allow(self.role, ["s3:GetObject"], [self.code.bucket.arn_for_objects(self.code.s3_object_key)])
        allow(
            self.role,
            ["s3:ListBucket"],
            [self.code.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": f"{self.code.s3_object_key}*"}},
        )
        self._grant_logs_and_metrics()
        allow(
            self.role, ["ecr:GetAuthorizationToken"], ["*"], because="the action does not support resources"
        )
        allow(
            self.role,
            ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
            [repository],
        )
        if self._key is not None:
            # As CDK's own task grants it: SageMaker encrypts the model, and attaches the encrypted volume.
            allow(self.role, [*ENCRYPT, "kms:CreateGrant"], [self._key.key_arn])
        if self._settings.text_model:
            model = foundation_model(stack, self._text_region, self._settings.text_model)
            allow(self.role, ["bedrock:InvokeModel"], [model])

    def _grant_logs_and_metrics(self) -> None:
        allow(
            self.role,
            ["logs:CreateLogGroup", *WRITE_STREAMS],
            [log_group_arn(self, "/aws/sagemaker/TrainingJobs:*")],
            because="SageMaker names a log stream after each job",
        )
        allow(
            self.role,
            ["cloudwatch:PutMetricData"],
            ["*"],
            because="the action does not support resources; the condition restricts it",
            when={"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}},
        )

    def request(self) -> dict[str, Any]:
        """The request of `CreateTrainingJob` in Amazon States Language. The plan is at `$.plan`."""
        has = self._settings
        run_time = has.max_runtime_minutes * 60
        stopping = {"MaxRuntimeInSeconds": run_time}
        if has.spot:
            stopping["MaxWaitTimeInSeconds"] = run_time + has.max_wait_minutes * 60
        return {
            "TrainingJobName.$": "$.plan.jobName",
            "RoleArn": self.role.role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ENTRYPOINT,
            },
            "HyperParameters": {"config.$": "$.plan.configKey"},
            **self._environment(),
            "InputDataConfig": [
                _channel("code", "S3Prefix", {"S3Uri": self.code.s3_object_url}),
                _channel("data", "ManifestFile", {"S3Uri.$": "$.plan.manifestUri"}),
            ],
            # Uncompressed, because the runtime function opens the files of the model directly.
            "OutputDataConfig": {
                "S3OutputPath.$": "$.plan.outputPath",
                "CompressionType": "NONE",
                # Without it, SageMaker takes the account's key for S3 and not that of the bucket.
                **({"KmsKeyId": self._key.key_arn} if self._key else {}),
            },
            "CheckpointConfig": {
                "S3Uri.$": "States.Format('{}checkpoints/', $.plan.outputPath)",
                "LocalPath": "/opt/ml/checkpoints",
            },
            "ResourceConfig": {
                "InstanceType": has.instance_type,
                "InstanceCount": has.instance_count,
                "VolumeSizeInGB": has.volume_gb,
                **({"VolumeKmsKeyId": self._key.key_arn} if self._key and not self._local_disk else {}),
            },
            "EnableManagedSpotTraining": has.spot,
            # The instances exchange events and weights.
            **({"EnableInterContainerTrafficEncryption": True} if has.instance_count > 1 else {}),
            "StoppingCondition": stopping,
        }

    def _environment(self) -> dict[str, Any]:
        has = self._settings
        minutes = max(min(has.budget_minutes, has.max_runtime_minutes * 2 // 3), 1)
        variables = {BUDGET_VARIABLE: str(minutes * 60)}
        if has.text_model:
            variables |= {"TEXT_MODEL": has.text_model, "TEXT_MODEL_REGION": self._text_region}
        return {"Environment": variables}

    @property
    def seconds(self) -> int:
        """The longest duration in seconds: run time, wait for capacity, and an hour to start and upload."""
        wait = self._settings.max_wait_minutes if self._settings.spot else 0
        return (self._settings.max_runtime_minutes + wait + 60) * 60


def _channel(name: str, data_type: str, uri: dict[str, Any]) -> dict[str, Any]:
    source = {"S3DataType": data_type, **uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
