"""Registers stores, keys and people, and the libraries' tables: what those registered themselves is taken over, without secrets."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session

from retention.staff import people, stores  # noqa: F401 - registers them
from retention.tenancy.staff import look_at

for model in (EmailAddress, EmailConfirmation, Authenticator, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

look_at(
    LogEntry,
    columns=("action_time", "user", "content_type", "object_repr", "change_message"),
    search=("user__email", "object_repr"),
    filters=("action_flag",),
    newest="-action_time",
)
look_at(EmailAddress, columns=("email", "user", "verified", "primary"), search=("email",), filters=("verified",))
look_at(EmailConfirmation, columns=("email_address", "created", "sent"), hidden=("key",), newest="-created")
look_at(Authenticator, columns=("user", "type", "created_at", "last_used_at"), hidden=("data",), search=("user__email",), filters=("type",))
look_at(Session, columns=("expire_date",), hidden=("session_key", "session_data"), newest="-expire_date")
look_at(Group, columns=("name",))
look_at(Permission, columns=("name", "content_type", "codename"), search=("codename",))
look_at(ContentType, columns=("app_label", "model"))
