"""Speed and quality beside named peers, reproducible by anyone."""
