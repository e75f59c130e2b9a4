"""The training job: prepare, fit, evaluate and export. Start it with `python -m training`."""
