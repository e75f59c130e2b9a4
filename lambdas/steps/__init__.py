"""The small steps of the state machines."""
