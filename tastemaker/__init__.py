"""Tastemaker's domain: what Amazon Personalize does, without AWS, web or clock."""

__version__ = "0.1.0"
