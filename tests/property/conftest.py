"""``HYPOTHESIS_PROFILE=long`` looks for new examples, many more of them, however long that takes."""

import pytest
from hypothesis import HealthCheck, settings

from tests.property.depth import LONG

settings.register_profile(
    "long", derandomize=False, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
if LONG:
    settings.load_profile("long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if LONG and "tests/property" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(0))
