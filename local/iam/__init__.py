"""Permissions: policies are enforced on the template's roles; every other caller is the account's owner.

moto's own check takes "*" for the resource of nearly every request and ignores conditions, so that policies
scoped to an ARN deny what they should allow. This one knows the resources of the services a Tastemaker stack
uses, evaluates conditions, asks for iam:PassRole where AWS does, and answers in the shape of each protocol.
Policies of topics, queues and buckets are evaluated too. Not evaluated: policies of keys and functions,
permission boundaries, organization policies, signatures.
"""
