"""EventBridge rules and EventBridge Scheduler of the local run."""
