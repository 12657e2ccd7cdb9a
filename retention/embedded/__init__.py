"""PostgreSQL and Valkey from wheels, for a machine that has neither: servers only.

Nothing here knows Django, a role or a table. `servers.py` is the way in; copy `valkey.py` for another server.
"""


class CannotStartError(Exception):
    """A server cannot start; the message is one plain sentence that says what to do. Nothing was deleted."""
