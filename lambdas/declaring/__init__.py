"""The function that answers for CloudFormation's custom resources, and for schedules of jobs."""
