"""Whether the product may run with the database role it was given. Asked by the web and by Celery before anything else."""

from django.conf import settings
from django.db import connection

_QUESTION = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"


def unsafe_role() -> str:
    """Return one sentence that says why the app's database role is unsafe, or nothing. Raises OperationalError without a database."""
    with connection.cursor() as cursor:
        cursor.execute(_QUESTION)
        name, superuser, bypasses = cursor.fetchone()
    if not (superuser or bypasses):
        return ""
    fault = "is a superuser" if superuser else "may bypass row-level security"
    return f"DATABASE_URL logs in as {name}, which {fault}. Make the roles with `python manage.py make_roles` and use the app role's URL."


def refuse_unsafe_role() -> None:
    """End the process with one sentence when production would run past the store boundary."""
    if not settings.PRODUCTION:
        return
    sentence = unsafe_role()
    if sentence:
        raise SystemExit(sentence)
