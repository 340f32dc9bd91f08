"""Sizes of property tests: cheap ones take more cases in the quick size, and no test takes fewer in the nightly one."""

from hypothesis import settings


def at_least(cases: int) -> settings:
    """Return settings of the profile in use, with no fewer cases than these."""
    return settings(max_examples=max(cases, settings.default.max_examples))
