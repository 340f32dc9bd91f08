"""What every contract suite needs: the members of a closed family, so that none goes without a sample."""

from typing import Annotated, get_args, get_origin

import pytest


@pytest.fixture(scope="session")
def members_of():
    """Return a function from a family's union to the set of its classes."""

    def members(family):
        if get_origin(family) is Annotated:
            return members(get_args(family)[0])
        return set(get_args(family)) or {family}

    return members
