"""What a local run keeps in a directory, so that the next run continues with it."""
