"""Data that crosses package borders: typed plans, events, deployments and the lake layout."""
