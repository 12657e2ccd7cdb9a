"""The door's own connections: the database role `ingest`, which may add events of any store and read keys, and nothing else."""

import psycopg2
from django.db import connections
from psycopg2.extensions import connection as Connection


def connect_for_ingest() -> Connection:
    """Open a connection as the ingest role, each statement its own transaction. Raises psycopg2.OperationalError when it cannot."""
    wanted = connections["ingest"].settings_dict
    options = {name: value for name, value in wanted["OPTIONS"].items() if value}
    connection: Connection = psycopg2.connect(
        dbname=wanted["NAME"],
        user=wanted["USER"] or None,
        password=wanted["PASSWORD"] or None,
        host=wanted["HOST"] or None,
        port=wanted["PORT"] or None,
        **options,
    )
    connection.autocommit = True
    return connection
