"""Back to what the template created: everything that programs have created is deleted at once.

A test that needs an empty service gets one without a new start of the run, which takes seconds.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from moto.awslambda.utils import get_backend
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.kinesis.models import kinesis_backends
from moto.s3.models import s3_backends
from moto.sagemaker.models import sagemaker_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.ssm.models import ssm_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.account import Account


class Baseline:
    """What exists when the run becomes ready. What is added later can be deleted."""

    def __init__(self, account: Account) -> None:
        """Note the names of everything that exists now."""
        self._tables = dynamodb_backends[account.id][account.region].tables
        self._s3 = s3_backends[account.id][account.partition]
        self._states = stepfunctions_parser_backends[account.id][account.region]
        self._metrics = cloudwatch_backends[account.id][account.region]
        self._groups: MutableMapping[str, Any] = scheduler_backends[account.id][
            account.region
        ].schedule_groups
        iam = iam_backends[account.id][account.partition]
        sns = sns_backends[account.id][account.region]
        mappings: list[MutableMapping[Any, Any]] = [
            *(iam.roles, iam.users, iam.groups, iam.access_keys, iam.managed_policies),
            *(sns.topics, sns.subscriptions),
            get_backend(account.id, account.region)._lambdas._functions,
            kinesis_backends[account.id][account.region].streams,
            sagemaker_backends[account.id][account.region].training_jobs,
            secretsmanager_backends[account.id][account.region].secrets,
            sqs_backends[account.id][account.region].queues,
            ssm_backends[account.id][account.region]._parameters,
            *(self._metrics.alarms, self._tables, self._groups),
            *(group.schedules for group in self._groups.values()),
        ]
        self._mappings = [(mapping, set(mapping)) for mapping in mappings]
        self._buckets = set(self._s3.buckets)
        self._machines = {machine.arn for machine in self._states.state_machines}

    def restore(self) -> None:
        """Delete what was added, and all items, objects and executions. Nothing may run meanwhile."""
        for mapping, names in self._mappings:
            for name in set(mapping) - names:
                del mapping[name]
        for table in self._tables.values():
            table.items.clear()
        for name, bucket in list(self._s3.buckets.items()):
            for key in list(bucket.keys):
                bucket.keys.pop(key)
            if name not in self._buckets:
                self._s3.delete_bucket(name)
        kept = [machine for machine in self._states.state_machines if machine.arn in self._machines]
        self._states.state_machines[:] = kept
        for machine in kept:
            machine.executions.clear()
        self._metrics.metric_data.clear()
