"""The tests of baskets and orders."""
