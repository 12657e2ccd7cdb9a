"""The tests of the test inbox."""
