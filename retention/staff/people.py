"""People, where staff act: end their sessions, shut or open their account, take away a lost second factor, name staff."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from retention.staff.deeds import Deed, Text, carry_out, stores_of_person
from retention.stores.models import User
from retention.tenancy.staff import Looking


def _end_sessions(request: HttpRequest, user: User, reason: str) -> None:
    user.sign_out_everywhere(now=timezone.now())


def _refuse_own_kind(request: HttpRequest, user: User) -> None:
    """Leave staff's own accounts to a superuser, so that nobody weakens a colleague's sign-in or their own."""
    person: Any = request.user
    if person.pk == user.pk or (user.is_staff and not person.is_superuser):
        raise PermissionDenied("Only a superuser does this to staff, and never to themselves.")


def _shut_or_open(request: HttpRequest, user: User, reason: str) -> None:
    _refuse_own_kind(request, user)
    user.is_active = not user.is_active
    user.save(update_fields=["is_active"])
    if not user.is_active:
        user.sign_out_everywhere(now=timezone.now())


def _drop_second_factors(request: HttpRequest, user: User, reason: str) -> None:
    _refuse_own_kind(request, user)
    Authenticator.objects.filter(user=user).delete()
    user.sign_out_everywhere(now=timezone.now())


def _turn_staff(request: HttpRequest, user: User, reason: str) -> None:
    person: Any = request.user
    if not person.is_superuser or person.pk == user.pk:
        raise PermissionDenied("Only a superuser names staff, and never themselves.")
    user.is_staff = not user.is_staff
    user.is_superuser = user.is_superuser and user.is_staff
    user.save(update_fields=["is_staff", "is_superuser"])
    user.sign_out_everywhere(now=timezone.now())


def _deed(title: Text, consequence: Text, action: str, do: Callable[[HttpRequest, User, str], None]) -> Deed:
    return Deed(title, consequence, title, action, do, stores_of_person, _("Done, and written down."))


DEEDS = {
    "sessions": _deed(
        _("Sign out everywhere"),
        _("Every browser this person is signed in with is signed out."),
        "staff.sessions_ended",
        _end_sessions,
    ),
    "account": _deed(
        _("Shut or open the account"),
        _("An open account is shut: the person is signed out and cannot sign in. A shut one is opened again."),
        "staff.account_changed",
        _shut_or_open,
    ),
    "factors": _deed(
        _("Take away second factors"),
        _("The person's authenticator apps, security keys and recovery codes are removed. Do this only after you are sure who asks."),
        "staff.second_factors_removed",
        _drop_second_factors,
    ),
    "staff": _deed(
        _("Make staff, or no longer staff"),
        _("Staff see every store's rows here. Only a superuser may change this."),
        "staff.staff_changed",
        _turn_staff,
    ),
}


@admin.register(User)
class LookingAtPeople(Looking):
    """People who sign in."""

    list_display = ("email", "name", "is_active", "is_staff", "joined_at", "last_login")
    hidden = ("password", "groups", "user_permissions")
    search_fields = ("email", "name")
    list_filter = ("is_active", "is_staff", "is_superuser")
    ordering = ("-pk",)
    actions_detail = ("sessions", "account", "factors", "staff")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Never load the password's hash."""
        return User.objects.defer("password")

    @action(description=_("Sign out everywhere"), url_path="sessions", icon="logout")
    def sessions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then end the person's sessions."""
        return self._do(request, object_id, "sessions")

    @action(description=_("Shut or open"), url_path="account", icon="person_off")
    def account(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then shut or open the account."""
        return self._do(request, object_id, "account")

    @action(description=_("Second factors"), url_path="factors", icon="phonelink_erase")
    def factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then remove the second factors."""
        return self._do(request, object_id, "factors")

    @action(description=_("Staff"), url_path="staff", icon="badge")
    def staff(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then make the person staff or not."""
        return self._do(request, object_id, "staff")

    def _do(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        user = get_object_or_404(User, pk=object_id)
        return carry_out(request, user, DEEDS[name], back=reverse("admin:stores_user_change", args=[user.pk]))
