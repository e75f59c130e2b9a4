"""Speed of preparation and training."""
