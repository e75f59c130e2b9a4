"""Metrics and the bundle."""
