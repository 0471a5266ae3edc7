"""Properties are checked with as many examples as a loaded machine has time for."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "values", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("values")
