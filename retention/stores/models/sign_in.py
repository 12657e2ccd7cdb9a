"""A browser in which a person is signed in, so that they can see it and end it.

The session itself is Django's row; this one says where and since when. The oldest moment counts for the seven days of S5.
"""

from typing import ClassVar

from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"))


class SignIn(models.Model):
    """One signed-in browser. Real time: the demo's fast clock must not end anybody's session."""

    user = models.ForeignKey("stores.User", on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE"}

    class Meta:
        verbose_name = _("signed-in browser")
        verbose_name_plural = _("signed-in browsers")

    def __str__(self) -> str:
        return f"{self.user_id} since {self.began_at:%d %b %H:%M}"

    @property
    def browser(self) -> str:
        """Return the browser and its system in words, as far as it says: "Firefox on Windows"."""
        browser = next((name for mark, name in _BROWSERS if mark in self.agent), "")
        system = next((name for mark, name in _SYSTEMS if mark in self.agent), "")
        if browser and system:
            return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
        return browser or system or str(_("A browser"))

    def end(self) -> None:
        """Sign this browser out, at once."""
        Session.objects.filter(session_key=self.session_key).delete()
        self.delete()
