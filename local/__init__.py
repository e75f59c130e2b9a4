"""AWS on one machine: the synthesized template, deployed on moto behind one HTTP endpoint.

`python -m local` runs it in the foreground; `Local` runs it as a context manager, for tests and
demos.
"""

from local.assembly import synthesize
from local.process import Local

__all__ = ["Local", "synthesize"]
