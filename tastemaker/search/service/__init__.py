"""OpenSearch's API over HTTP: pipelines, indexes, and searches."""
