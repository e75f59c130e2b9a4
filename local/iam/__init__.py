"""Permissions: policies are enforced on the template's roles. Every other caller is the account's owner.

moto's own check uses "*" as the resource of nearly every request and ignores conditions, so policies with an
ARN deny what they should allow. This package knows the resources of the services that the stack uses,
evaluates conditions, requires iam:PassRole where AWS does, and answers in the format of each protocol.
Policies of topics, queues and buckets are evaluated too. Not evaluated: policies of keys and functions,
permission boundaries, organization policies, signatures.
"""
