"""Why a message left, waits or does not leave: what the gate was asked and answered, kept compactly for a while."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from campaigns.models.message import Message
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Decision(StoreOwned):
    """One answer of the gate about one message. The same answer again is counted (`times`): a message never has more than a few rows.

    answers: a sign for each question in the order of `sending/answers.py`: y passed, n stopped, - not asked. changes: what the message
    says otherwise than planned (`truth/deciding.py`). contest: of one that competed for its person, who won and why
    (`sending/competing.py`). A message that simply left has no row: every answer was yes.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="decisions", db_constraint=False, db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    verdict = models.CharField(max_length=8)
    reason = models.CharField(max_length=60, blank=True)
    answers = models.CharField(max_length=24)
    changes = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    contest = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    until = models.DateTimeField(null=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("decision about a message")
        verbose_name_plural = _("decisions about messages")
        constraints = [
            models.UniqueConstraint(fields=["store", "message", "verdict", "reason"], name="decision_once"),
            models.CheckConstraint(condition=Q(verdict__in=["send", "leave", "hold", "suppress", "skip"]), name="decision_verdict_known"),
            StoreForeignKey(field="message", name="decision_message_of_store"),
            StoreForeignKey(field="customer", name="decision_customer_of_store"),
            StoreIsolation(name="decision_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "customer"], name="decision_of_customer"),
            models.Index(fields=["store", "last_at"], name="decision_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.verdict} {self.reason}"
