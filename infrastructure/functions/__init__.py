"""The Lambda functions: settings, environment and permissions, one file each."""
