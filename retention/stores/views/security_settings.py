"""Security: my second factor, where I am signed in, and for those who see the team, who still has no second factor."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from retention.dashboard.access import allows, needs
from retention.stores import sessions, stepping_up
from retention.stores.models import Membership
from retention.stores.views.settings_tabs import settings_page


@needs("home.view")
@require_GET
def security_settings(request: Any) -> HttpResponse:
    """Show how this person gets in, and the team's state."""
    words: dict[str, Any] = {
        "sign_ins": sessions.of(request.user),
        "here": request.session.session_key,
        "has_second_factor": stepping_up.has_second_factor(request.user),
        "deadline": stepping_up.deadline_of(request.membership) if settings.MFA_ENFORCED else None,
    }
    if allows(request.role, capability="team.view"):
        words["unsecured"] = _without_second_factor()
    return settings_page(request, "stores/settings_security.html", current="settings:security", **words)


def _without_second_factor() -> list[Membership]:
    strong = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values("user_id")
    return list(Membership.objects.exclude(user_id__in=strong).select_related("user").order_by("created_at", "pk"))
