"""Vectors of items' texts."""
