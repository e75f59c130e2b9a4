"""The status strings, and what they allow."""

PENDING = "CREATE PENDING"
IN_PROGRESS = "CREATE IN_PROGRESS"
ACTIVE = "ACTIVE"
FAILED = "CREATE FAILED"
STOPPING = "CREATE STOPPING"
STOPPED = "CREATE STOPPED"
DELETE_PENDING = "DELETE PENDING"
DELETE_IN_PROGRESS = "DELETE IN_PROGRESS"
INACTIVE = "INACTIVE"

# Data deletion jobs have statuses of their own.
JOB_PENDING = "PENDING"
JOB_IN_PROGRESS = "IN_PROGRESS"
JOB_COMPLETED = "COMPLETED"
JOB_FAILED = "FAILED"

IN_TRANSITION = frozenset(
    {PENDING, IN_PROGRESS, STOPPING, DELETE_PENDING, DELETE_IN_PROGRESS, JOB_PENDING, JOB_IN_PROGRESS}
)
"""Statuses that will change by themselves. Such a resource can be neither updated nor deleted."""

DELETING = frozenset({DELETE_PENDING, DELETE_IN_PROGRESS})
"""Statuses of a resource whose deletion has begun."""
