"""AWS on one machine: what `cdk synth` wrote, deployed onto moto behind one HTTP endpoint.

`python -m local` runs it in the foreground; `Local` is the same thing as a context manager, for tests and
demos.
"""

from local.assembly import synthesize
from local.process import Local

__all__ = ["Local", "synthesize"]
