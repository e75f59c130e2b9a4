"""The personalize-events API: events into the stream, items and users into the catalog."""
