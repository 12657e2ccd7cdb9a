"""The tests of the API's manners."""
