"""The six database roles, made once from an administrator's URL.

owner migrates and backs up; app is the web's and the workers' login; ingest writes events of many stores in one commit;
platform and segments are entered by SET ROLE only; readonly is for reports. Source: reliability guide 3.1, point 5.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

LOGINS = {
    "owner": "BYPASSRLS NOINHERIT",
    "app": "NOBYPASSRLS NOINHERIT",
    "ingest": "NOBYPASSRLS NOINHERIT",
    "readonly": "NOBYPASSRLS NOINHERIT",
}
# For a function that runs with its owner's rights. pg_temp is searched first where it is not named, and then a caller's own temporary table
# stands for the one that is meant. Whoever makes such a function takes it from PUBLIC too: a trigger's may be hung on any table.
AS_OWNER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
ENTERED = {"platform": "BYPASSRLS", "segments": "BYPASSRLS"}
_EXISTS = "SELECT 1 FROM pg_roles WHERE rolname = %s"


def role_name(short: str) -> str:
    """Return the role's name in the cluster."""
    return f"boomerang_{short}"


def make_roles(admin_url: str, *, database: str, passwords: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make (or repair) the roles and the database, and return the login roles' URLs by short name.

    admin_url: a superuser's URL. passwords: by short name; missing ones are drawn at random and stand in the returned URLs.
    Running it again changes nothing but the passwords given. Raises psycopg2.Error when the server refuses.
    """
    chosen = {short: (passwords or {}).get(short) or secrets.token_urlsafe(24) for short in LOGINS}
    connection = psycopg2.connect(admin_url)
    connection.autocommit = True
    try:
        for short, options in LOGINS.items():
            _ensure(connection, role_name(short), f"LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {options}", chosen[short])
        for short, options in ENTERED.items():
            _ensure(connection, role_name(short), f"NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {options}", None)
        _let_app_enter(connection)
        _ensure_database(connection, database)
    finally:
        connection.close()
    return {short: _url_for(admin_url, role_name(short), chosen[short], database) for short in LOGINS}


def _ensure(connection: Connection, role: str, options: str, password: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS, [role])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        statement = sql.SQL(f"{verb} ROLE {{}} WITH {options}").format(sql.Identifier(role))
        if password is not None:
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
        cursor.execute(statement)


def _let_app_enter(connection: Connection) -> None:
    """Grant app the two NOLOGIN roles, to be entered by SET ROLE and never inherited."""
    options = " WITH INHERIT FALSE, SET TRUE" if connection.server_version >= 160000 else ""
    with connection.cursor() as cursor:
        for short in ENTERED:
            names = sql.Identifier(role_name(short)), sql.Identifier(role_name("app"))
            cursor.execute(sql.SQL(f"GRANT {{}} TO {{}}{options}").format(*names))


def _ensure_database(connection: Connection, database: str) -> None:
    owner = sql.Identifier(role_name("owner"))
    name = sql.Identifier(database)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        for short in ("app", "ingest", "readonly"):
            role = sql.Identifier(role_name(short))
            cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, role))
            cursor.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM {}").format(name, role))


def _url_for(admin_url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in {"user", "password", "dbname"}])
    return urlunsplit((parts.scheme or "postgres", f"{role}:{quote(password)}@{host}", f"/{database}", query, ""))
