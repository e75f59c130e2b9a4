"""What runs inside a training job: prepare, fit, evaluate, export. Start it with `python -m training`."""
