"""Phone numbers that tests of SMS go to: each member of a team says their own."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class TestNumber(StoreOwned):
    """One person's number in one store, as E.164, proven by a code sent to it. It counts for as long as they are of the store's team."""

    __test__ = False  # no test, whatever its name begins with

    user = models.ForeignKey("stores.User", on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(max_length=20)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("number for tests")
        verbose_name_plural = _("numbers for tests")
        constraints = [
            models.UniqueConstraint(fields=["store", "user"], name="test_number_once"),
            models.CheckConstraint(condition=Q(phone__startswith="+"), name="test_number_is_whole"),
            StoreIsolation(name="test_number_isolation"),
        ]

    def __str__(self) -> str:
        return f"number of {self.user_id}"
