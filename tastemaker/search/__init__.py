"""Personalized search that speaks OpenSearch's API.

`analysis` turns texts into tokens, `index` stores which items have them, `queries` executes the query
language, `results` makes the response, `pipelines` re-ranks it, and `service` answers requests. No module
knows AWS or a web framework.
"""
