"""Learning from searches: what they showed, and which weight clicks speak for. Needs numpy only."""
