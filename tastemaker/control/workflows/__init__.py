"""What the steps of workflows do to records."""
