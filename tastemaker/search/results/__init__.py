"""From matches to the response: order, documents, highlights, and aggregations."""
