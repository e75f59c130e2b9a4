"""Properties hold whatever the machine does besides: no example has a deadline.

Examples are the same in every run, so that a test fails for what was changed; `HYPOTHESIS_PROFILE=default`
looks for new ones.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
