"""Who a store's mails come from, and the domains of those addresses with what was last found in the DNS about them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class Sender(StoreOwned):
    """One sender identity: a name and an address that mails may come from."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("address"), max_length=254)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="sender_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="sender_public_id_once"),
            models.UniqueConstraint(fields=["store", "name", "address"], name="sender_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(address=""), name="sender_is_whole"),
            StoreIsolation(name="sender_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


class SendingDomain(StoreOwned):
    """What the shop told about one domain it sends from, and the last check of its DNS.

    domain: lower case, without a final dot. selectors: of its DKIM keys, with spaces between. return_path: where bounces go, if not there.
    findings: as `connecting/judging.py` writes them.
    """

    domain = models.CharField(max_length=253)
    selectors = models.CharField(max_length=300, blank=True)
    return_path = models.CharField(max_length=253, blank=True)
    findings = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sending domain")
        verbose_name_plural = _("sending domains")
        constraints = [
            models.UniqueConstraint(fields=["store", "domain"], name="sending_domain_once"),
            models.CheckConstraint(condition=~Q(domain=""), name="sending_domain_named"),
            StoreIsolation(name="sending_domain_isolation"),
        ]

    def __str__(self) -> str:
        return self.domain
