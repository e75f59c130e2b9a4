"""The state machines: one file per workflow, and the builder that they share."""
