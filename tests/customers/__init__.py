"""The tests of the customers room."""
