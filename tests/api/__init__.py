"""The tests of the management API."""
