"""A test of a deployment that uses it as a client does, from an empty bucket to a deleted user."""
