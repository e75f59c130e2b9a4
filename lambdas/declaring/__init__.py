"""The function that answers for CloudFormation's custom resources, for scheduled jobs, and for mailings."""
