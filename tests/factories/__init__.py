"""Makers of test data, one file a room; everything a test needs is imported from here.

Each maker returns saved rows and takes only what the test is about. People with names are in `tests/cast.py`.
"""

from tests.factories.stores import STRONG_PASSWORD, make_key, make_store, make_user, member_of, signed_in, step_up, work_for

__all__ = ["STRONG_PASSWORD", "make_key", "make_store", "make_user", "member_of", "signed_in", "step_up", "work_for"]
