"""What an account and a region lack before a stage can be deployed, and how to get it."""
