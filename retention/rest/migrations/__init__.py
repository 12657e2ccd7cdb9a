"""The tables of the rest room through time."""
