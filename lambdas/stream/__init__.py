"""Kinesis records → user profiles."""
