"""Turning a score per item into an answer."""
