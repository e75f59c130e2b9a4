"""The stream function: Kinesis records → user profiles."""
