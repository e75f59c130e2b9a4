"""The views: one module for each part of the navigation."""

from console.views import ask, campaigns, cost, datasets, events, jobs, search, solutions

VIEWS = (datasets, ask, solutions, campaigns, events, jobs, search, cost)
ROUTES = [route for module in VIEWS for route in module.ROUTES]
"""Method, path below the prefix, and view."""
