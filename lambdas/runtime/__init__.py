"""The personalize-runtime API: recommendations and rankings from a model bundle in memory.

`handler` wires the stores to `tastemaker.serving`, which answers requests. `warm` tests a deployment before
it serves.
"""
