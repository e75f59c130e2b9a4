"""The lake, the tables, and the event stream."""
