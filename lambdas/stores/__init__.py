"""Typed clients for the tables, the lake, and callers' buckets."""
