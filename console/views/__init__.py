"""The views: one module for each part of the navigation."""

from console.views import datasets

ROUTES = [*datasets.ROUTES]
"""Method, path below the prefix, and view."""
