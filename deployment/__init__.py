"""Commands around a deployment: what it costs, what an account lacks, and whether a deployment works."""
