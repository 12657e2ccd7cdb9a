"""Coupons: pools of codes, each given to one person and used once; and what a message does when what it shows is no longer true."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.journey import Journey
from campaigns.models.template import Template
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class CouponPool(StoreOwned):
    """Codes that are worth the same. What they are worth is said by the merchant; the shop itself takes it off the price.

    endless: new codes are made as they are needed. valid_days: from the day a code is given, to the end of that day in the shop's zone;
    expires_at: the same moment for all; neither: no end. warn_below: how many free codes are few. warned_at: when that was told.
    """

    class Benefit(models.TextChoices):
        PERCENT = "percent", _("Percent off")
        AMOUNT = "amount", _("An amount off")
        SHIPPING = "shipping", _("Free shipping")

    class WhenOut(models.TextChoices):
        HOLD = "hold", _("Hold the message back")
        FALLBACK = "fallback", _("Send it with the other words")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    benefit = models.CharField(max_length=8, choices=Benefit.choices, default=Benefit.PERCENT)
    percent = models.PositiveSmallIntegerField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    endless = models.BooleanField(default=False)
    prefix = models.CharField(max_length=12, blank=True)
    length = models.PositiveSmallIntegerField(default=10)
    valid_days = models.PositiveSmallIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)
    when_out = models.CharField(max_length=8, choices=WhenOut.choices, default=WhenOut.HOLD)
    fallback = models.CharField(max_length=120, blank=True)
    warn_below = models.PositiveIntegerField(default=100)
    warned_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("coupon pool")
        verbose_name_plural = _("coupon pools")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="coupon_pool_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="coupon_pool_public_id_once"),
            models.CheckConstraint(
                condition=Q(benefit="percent", percent__gte=1, percent__lte=100, amount_minor=None)
                | (Q(benefit="amount", amount_minor__gte=1, percent=None) & ~Q(currency=""))
                | Q(benefit="shipping", percent=None, amount_minor=None),
                name="coupon_pool_is_worth_something",
            ),
            models.CheckConstraint(condition=Q(valid_days=None) | Q(expires_at=None), name="coupon_pool_one_end"),
            models.CheckConstraint(condition=Q(length__gte=8, length__lte=24), name="coupon_pool_length"),
            models.CheckConstraint(
                condition=Q(when_out="hold") | (Q(when_out="fallback") & ~Q(fallback="")), name="coupon_pool_fallback_there"
            ),
            StoreIsolation(name="coupon_pool_isolation"),
        ]

    def __str__(self) -> str:
        return self.name


class CouponQuerySet(StoreQuerySet["Coupon"]):
    """Codes of one store."""

    def free(self) -> "CouponQuerySet":
        """Return those that belong to nobody yet."""
        return self.filter(occasion="", redeemed_at=None)

    def given(self) -> "CouponQuerySet":
        """Return those that left with a message."""
        return self.filter(drawn_at__isnull=False)


class Coupon(StoreOwned):
    """One code.

    code_key: how it is compared, in capitals. occasion: what it is kept for, a journey's run or a campaign and a person; empty while it is
    free. kept_at: since when it waits for its message to leave. drawn_at: when it first left; before that it goes back to the pool if the
    message does not leave. order_number: the shop's order that used it.
    """

    class Standing(models.TextChoices):
        VALID = "valid", _("Counts")
        NOT_GIVEN = "not_given", _("Not given yet")
        EXPIRED = "expired", _("Over")
        USED = "used", _("Used")

    pool = models.ForeignKey(CouponPool, on_delete=models.CASCADE, related_name="coupons", db_constraint=False, db_index=False)
    code = models.CharField(max_length=60)
    code_key = models.CharField(max_length=60)
    occasion = models.CharField(max_length=120, blank=True, default="", db_default="")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="coupons", null=True, db_constraint=False, db_index=False
    )
    expires_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    drawn_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    order_number = models.CharField(max_length=120, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(CouponQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="coupon_of_store"),
            models.UniqueConstraint(fields=["store", "code_key"], name="coupon_code_once"),
            models.UniqueConstraint(fields=["store", "pool", "occasion"], condition=~Q(occasion=""), name="coupon_once_an_occasion"),
            models.CheckConstraint(condition=~Q(code=""), name="coupon_code_there"),
            models.CheckConstraint(condition=Q(drawn_at=None) | ~Q(occasion=""), name="coupon_drawn_for_somebody"),
            models.CheckConstraint(
                condition=Q(redeemed_at=None, order_number="") | (Q(redeemed_at__isnull=False) & ~Q(order_number="")),
                name="coupon_redeemed_by_an_order",
            ),
            StoreForeignKey(field="pool", name="coupon_pool_of_same_store"),
            StoreForeignKey(field="customer", name="coupon_customer_of_store"),
            StoreIsolation(name="coupon_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "kept_at"], name="coupon_kept", condition=Q(drawn_at=None, kept_at__isnull=False)),
            models.Index(fields=["store", "pool", "id"], name="coupon_free", condition=Q(occasion="", redeemed_at=None)),
            models.Index(fields=["store", "pool", "-drawn_at", "-id"], name="coupon_of_pool"),
            models.Index(fields=["store", "customer"], name="coupon_of_customer", condition=Q(customer__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.code

    def is_over(self, now: datetime) -> bool:
        """Say whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class SendRule(StoreOwned):
    """What messages of one template, campaign or journey step do when what they show is no longer true, and whose codes they carry.

    Empty answers of a campaign or step are those of its template; empty answers of a template are the usual ones.
    """

    class SoldOut(models.TextChoices):
        LEAVE_OUT = "leave_out", _("Leave the product out")
        SWAP = "swap", _("Show a similar product instead")
        FALLBACK = "fallback", _("Leave it out and say the other words")
        BLOCK = "block", _("Do not send")

    class Dearer(models.TextChoices):
        SHOW = "show", _("Show the price of now")
        LEAVE_OUT = "leave_out", _("Leave the product out")
        FALLBACK = "fallback", _("Leave it out and say the other words")
        BLOCK = "block", _("Do not send")

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+", null=True, db_constraint=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", null=True, db_constraint=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+", null=True, db_constraint=False)
    step = models.CharField(max_length=40, blank=True)
    pool = models.ForeignKey(CouponPool, on_delete=models.SET_NULL, related_name="rules", null=True, db_constraint=False)
    sold_out = models.CharField(max_length=10, choices=SoldOut.choices, blank=True)
    dearer = models.CharField(max_length=10, choices=Dearer.choices, blank=True)
    fallback = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("rule of what is true")
        verbose_name_plural = _("rules of what is true")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="send_rule_of_store"),
            models.UniqueConstraint(fields=["store", "template"], condition=Q(template__isnull=False), name="send_rule_of_template"),
            models.UniqueConstraint(fields=["store", "campaign"], condition=Q(campaign__isnull=False), name="send_rule_of_campaign"),
            models.UniqueConstraint(fields=["store", "journey", "step"], condition=Q(journey__isnull=False), name="send_rule_of_step"),
            models.CheckConstraint(
                condition=Q(template__isnull=False, campaign=None, journey=None, step="")
                | Q(template=None, campaign__isnull=False, journey=None, step="")
                | (Q(template=None, campaign=None, journey__isnull=False) & ~Q(step="")),
                name="send_rule_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(sold_out__in=["", "leave_out", "swap", "fallback", "block"]), name="send_rule_sold_out_known"
            ),
            models.CheckConstraint(condition=Q(dearer__in=["", "show", "leave_out", "fallback", "block"]), name="send_rule_dearer_known"),
            StoreForeignKey(field="template", name="send_rule_template_of_store"),
            StoreForeignKey(field="campaign", name="send_rule_campaign_of_store"),
            StoreForeignKey(field="journey", name="send_rule_journey_of_store"),
            StoreForeignKey(field="pool", name="send_rule_pool_of_store"),
            StoreIsolation(name="send_rule_isolation"),
        ]

    def __str__(self) -> str:
        return f"rule {self.pk}"
