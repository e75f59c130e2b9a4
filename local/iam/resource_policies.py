"""Policies of topics, queues, buckets and functions: which services and roles they allow or deny.

A new topic has a policy that lets services of its own account publish. A policy that replaces it, for
example one that only demands TLS, no longer does. A new queue, bucket or function has no policy, so no
service can send to a queue, or invoke a function, before its policy allows it.
https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Callable

from moto.awslambda.utils import get_backend
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from local.account import Account
from local.iam.policy import Context, PolicyError, Statement, statements
from local.iam.roles import Caller
from local.terminal import Terminal


class ResourcePolicies:
    """The policies that moto stores for the account's topics, queues, buckets and functions."""

    def __init__(self, account: Account, terminal: Terminal) -> None:
        self._account = account
        self._terminal = terminal

    def document(self, resource_arn: str) -> str | None:
        """The policy of a topic, a queue, a function, a bucket, or the bucket of an object.

        None if there is none.
        """
        account = self._account
        _, _, service, region, _, name = (
            resource_arn.split(":", 5) if resource_arn.count(":") > 4 else 6 * ("",)
        )
        if service == "sns":
            topic = sns_backends[account.id][region].topics.get(resource_arn)
            return topic.policy if topic else None
        if service == "sqs":
            queue = sqs_backends[account.id][region].queues.get(name)
            return queue.policy if queue else None
        if service == "lambda":
            functions = get_backend(account.id, region).list_functions()
            function = next((one for one in functions if one.function_name == name.split(":")[1]), None)
            return json.dumps({"Statement": function.policy.statements}) if function else None
        if service == "s3":
            bucket = s3_backends[account.id][account.partition].buckets.get(name.split("/")[0])
            return bucket.policy.decode() if bucket and bucket.policy else None
        return None

    def is_missing_bucket(self, action: str, resource_arn: str) -> bool:
        """Whether an action of S3 needs a bucket that does not exist.

        S3 says so before it evaluates policies.
        """
        if not action.startswith("s3:") or action in ("s3:CreateBucket", "s3:ListAllMyBuckets"):
            return False
        buckets = s3_backends[self._account.id][self._account.partition].buckets
        return resource_arn.split(":")[-1].split("/")[0] not in buckets

    def allows_service(self, service: str, action: str, resource_arn: str, *, source_arn: str) -> bool:
        """Whether a service may perform an action on behalf of `source_arn`, a resource of this account."""
        context = {
            "aws:sourcearn": [source_arn],
            "aws:sourceaccount": [self._account.id],
            "aws:sourceowner": [self._account.id],
            "aws:securetransport": ["true"],
            "aws:principalisawsservice": ["true"],
        }
        return (
            self._decide(action, resource_arn, context, lambda named: named == ("Service", service)) is True
        )

    def decide_for_role(
        self, caller: Caller, action: str, resource_arn: str, context: Context
    ) -> bool | None:
        """Whether the policy allows (True) or denies (False) a role's session; None if it does neither.

        A policy that names the account delegates to the policies of its roles, so it allows nothing itself.
        """
        session = caller.arn(self._account)
        root = f"arn:{self._account.partition}:iam::{self._account.id}:root"

        def is_caller(named: tuple[str, str]) -> bool:
            return named[0] == "AWS" and named[1] in (caller.role_arn, session)

        def is_denied(named: tuple[str, str]) -> bool:
            return is_caller(named) or named in (("AWS", root), ("AWS", self._account.id))

        return self._decide(action, resource_arn, context, is_caller, is_denied)

    def _decide(
        self,
        action: str,
        resource_arn: str,
        context: Context,
        is_allowed: Callable[[tuple[str, str]], bool],
        is_denied: Callable[[tuple[str, str]], bool] | None = None,
    ) -> bool | None:
        found = [one for one in self._statements(resource_arn) if one.concerns(action, resource_arn, context)]
        if any(not one.allow and _names(one, is_denied or is_allowed) for one in found):
            return False
        return True if any(one.allow and _names(one, is_allowed) for one in found) else None

    def _statements(self, resource_arn: str) -> tuple[Statement, ...]:
        document = self.document(resource_arn)
        try:
            return statements(document) if document else ()
        except PolicyError as error:
            self._terminal.warn_once(f"The policy of {resource_arn} is not evaluated: {error}")
            return ()


def _names(statement: Statement, is_principal: Callable[[tuple[str, str]], bool]) -> bool:
    """Whether a statement names a principal, or everyone."""
    return any(named[1] == "*" or is_principal(named) for named in statement.principals)
