"""A rule under construction: what the buttons of the builder do to it, and what it looks like, node by node."""
