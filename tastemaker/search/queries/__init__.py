"""OpenSearch's query language: parsed into nodes, each of which finds and scores documents."""
