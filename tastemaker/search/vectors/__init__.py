"""Vectors of items' texts, and of the texts of queries."""
