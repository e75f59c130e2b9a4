"""From a request to an answer, for who asks now and for a line of a batch job alike.

recommendations.py and rankings.py are the two operations · asking.py is what they share: a request's
deployment, past and filters · records.py and bundles.py cache what changes rarely.
"""
