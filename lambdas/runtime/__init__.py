"""The personalize-runtime API: recommendations and rankings from a bundle in memory.

handler.py wires · warm.py is the deployment's check · how a request is answered stands in
`tastemaker/serving`, which batch jobs share.
"""
