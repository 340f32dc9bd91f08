"""Shared fixtures; every one builds its small corpus itself, nothing is stored. Two sizes of the property tests:
"quick", and "nightly" for HEADWATER_NIGHTLY=1.
"""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("quick", max_examples=20, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("nightly", max_examples=1000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("nightly" if os.environ.get("HEADWATER_NIGHTLY") == "1" else "quick")
