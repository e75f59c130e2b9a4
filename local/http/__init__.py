"""The one HTTP endpoint: transport, and who answers what."""
