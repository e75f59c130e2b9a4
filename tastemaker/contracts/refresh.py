"""The files in the folder of a refresh that both writers and readers know."""

STATE_FILE = "state.json"
"""The file that a refresh writes last. A folder that has it is complete."""
