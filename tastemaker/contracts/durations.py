"""Durations in seconds."""

DAY_SECONDS = 86_400
