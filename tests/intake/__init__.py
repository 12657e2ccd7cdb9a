"""The tests of the door and the projection."""
