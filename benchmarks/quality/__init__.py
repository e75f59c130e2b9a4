"""Quality of the models compared with peers, on public data."""
