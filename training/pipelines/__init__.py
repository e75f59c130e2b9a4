"""One pipeline per model: choose settings, fit, and measure."""
