"""The gauntlet plays in the same store as the tests of the campaigns floor."""

from tests.campaigns.conftest import store

__all__ = ["store"]
