"""The tests of sign-up forms, the second yes and preferences."""
