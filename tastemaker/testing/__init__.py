"""Tests of programs that use Tastemaker or Amazon Personalize: a local run as a pytest fixture.

`tastemaker.testing.plugin` has the fixtures. This package starts a local run, so nothing else of the domain
imports it.
"""

from tastemaker.testing.service import Service

__all__ = ["Service"]
