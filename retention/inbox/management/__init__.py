"""Management commands of the test inbox."""
