"""Batch jobs without their stores: cutting files into shards, reading a line, writing its answer."""
