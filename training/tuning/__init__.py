"""Choosing hyperparameters and the weight of the objective."""
