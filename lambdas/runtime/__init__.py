"""The personalize-runtime API: recommendations and rankings from a bundle in memory.

handler.py wires · recommendations.py and rankings.py are the two operations · asking.py is what they share: a
request's deployment, past and filters · deployments.py and bundles.py cache what changes rarely · warm.py is
the deployment's check.
"""
