"""Speed of answers: requests, batch jobs, cold starts, and load."""
