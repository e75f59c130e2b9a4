"""Speed of imports, exports, deletions and reports, and the public data sets."""
