"""The events function, which serves personalize-events."""
