"""The HTTP endpoint: the server, and the routing of requests to services."""
