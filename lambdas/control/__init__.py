"""The control plane: personalize."""
