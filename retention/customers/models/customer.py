"""A person known to a store, and the names storefronts know them by."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from retention.customers.birthdays import write_birthday
from retention.kit.words import fold
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.querysets import StoreManager, StoreQuerySet

_LAST = "\U0010ffff"
_FEWEST_DIGITS = 4
_FOLDED = {
    "first_name": ("first_name_key", 100), "last_name": ("last_name_key", 100), "gender": ("gender_key", 20),
    "language": ("language_key", 10), "city": ("city_key", 100), "region": ("region_key", 100), "postcode": ("postcode_key", 20),
}  # fmt: skip
FOLDED_COPIES = ("name_key", "interests_key", *(copy for copy, _longest in _FOLDED.values()))


class CustomerQuerySet(StoreQuerySet["Customer"]):
    """Customers of one store."""

    def newest_first(self) -> "CustomerQuerySet":
        """Return them by the time we first heard of them, newest first."""
        return self.order_by("-created_at", "-id")

    def known(self) -> "CustomerQuerySet":
        """Return those whose e-mail address we know."""
        return self.filter(email_key__isnull=False)

    def visitors(self) -> "CustomerQuerySet":
        """Return those without an e-mail address."""
        return self.filter(email_key__isnull=True)

    def found_by(self, search: str) -> "CustomerQuerySet":
        """Return those whose address, name, last name or phone begins with the text, or whom the shop calls exactly so.

        Each way has two bounds or an exact value, so that its own index answers; together they are one OR of indexes. The shop's own id is
        looked up at once: a subquery inside the OR would make the database read every customer.
        """
        text = search.strip().replace("\x00", "")
        beginning = fold(text)
        ways = models.Q(
            pk__in=list(self._identity_model().objects.filter(kind="external", value=text).values_list("customer_id", flat=True))
        )
        for column in ("email_key", "name_key", "last_name_key"):
            ways |= models.Q(**{f"{column}__gte": beginning, f"{column}__lt": beginning + _LAST})
        digits = "".join(letter for letter in text if letter.isdecimal() or letter == "+")
        if len(digits) >= _FEWEST_DIGITS:
            ways |= models.Q(phone__gte=digits, phone__lt=digits + _LAST)
        return self.filter(ways)

    @staticmethod
    def _identity_model() -> "type[Identity]":
        return Identity

    def who_allow(self, channel: str) -> "CustomerQuerySet":
        """Return those who allow a channel."""
        return self.filter(consents__channel=channel, consents__status="granted")


class Customer(StoreOwned):
    """One person. `email_key` is the folded address that makes them unique within the store."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    email_key = models.CharField(max_length=254, null=True, editable=False, db_collation="C")  # noqa: DJ001 - absent, not empty: unique where known
    phone = models.CharField(_("phone"), max_length=16, blank=True, db_collation="C")  # E.164; several people may share one
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    name_key = models.CharField(
        max_length=201, blank=True, default="", db_default="", editable=False, db_collation="C"
    )  # folded "first last", for search
    last_name_key = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False, db_collation="C")
    # Folded copies of what segments compare as texts; see `fold_texts`.
    first_name_key = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False, db_collation="C")
    gender_key = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False, db_collation="C")
    language_key = models.CharField(max_length=10, blank=True, default="", db_default="", editable=False, db_collation="C")
    city_key = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False, db_collation="C")
    region_key = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False, db_collation="C")
    postcode_key = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False, db_collation="C")
    interests_key = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), editable=False)
    gender = models.CharField(_("gender as stated"), max_length=20, blank=True)
    birth_year = models.SmallIntegerField(_("year of birth"), null=True, blank=True)
    birth_md = models.SmallIntegerField(_("day of birth"), null=True, blank=True)  # month * 100 + day, with or without a year
    interests = models.JSONField(_("interests"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True, default="", db_default="")
    postcode = models.CharField(_("postcode"), max_length=20, blank=True, default="", db_default="")
    country = models.CharField(_("country"), max_length=2, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    learnt_at = models.JSONField(
        default=dict, editable=False
    )  # field -> when the person lived the event that said so; a late one never overwrites
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    # The person's own wishes, written by the preference centre and asked by the consent gate and the pacing.
    paused_until = models.DateTimeField(null=True, editable=False)
    less_often = models.BooleanField(default=False, db_default=False, editable=False)
    # When what people know of them last changed, being seen left out. Kept by a trigger, so that no writer can forget it.
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    # Written by the orders room, in the store's currency, so that lists can filter and sort without counting orders.
    orders_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    spent_minor = models.BigIntegerField(default=0, db_default=0, editable=False)
    first_order_at = models.DateTimeField(null=True, editable=False)
    last_order_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(CustomerQuerySet)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="customer_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="customer_public_id_once"),
            models.UniqueConstraint(fields=["store", "email_key"], name="customer_email_once"),
            models.CheckConstraint(
                condition=models.Q(birth_md=None) | models.Q(birth_md__gte=101, birth_md__lte=1231), name="customer_birth_day_of_a_year"
            ),
            models.CheckConstraint(
                condition=models.Q(birth_year=None) | models.Q(birth_year__gte=1900, birth_year__lte=2100), name="customer_birth_year_sane"
            ),
            models.CheckConstraint(condition=models.Q(phone="") | models.Q(phone__startswith="+"), name="customer_phone_e164"),
            models.CheckConstraint(condition=models.Q(country="") | models.Q(country__regex="^[A-Z]{2}$"), name="customer_country_iso"),
            StoreIsolation(name="customer_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "-created_at", "-id"], name="customer_newest"),
            models.Index(fields=["store", "-created_at", "-id"], name="customer_newest_buyer", condition=models.Q(orders_count__gte=1)),
            models.Index(fields=["store", "name_key", "id"], name="customer_sorted_by_name"),
            models.Index(fields=["store", "last_name_key"], name="customer_by_last_name", condition=~models.Q(last_name_key="")),
            models.Index(fields=["store", "phone"], name="customer_by_phone", condition=~models.Q(phone="")),
            models.Index(fields=["store", "birth_md"], name="customer_by_birthday", condition=~models.Q(birth_md=None)),
            models.Index(fields=["store", "-spent_minor", "-id"], name="customer_by_spent"),
            models.Index(fields=["store", "changed_at"], name="customer_by_change"),
            models.Index(fields=["store", "-orders_count", "-id"], name="customer_by_orders"),
            models.Index(
                models.F("store"),
                models.F("last_order_at").desc(nulls_last=True),
                models.F("id").desc(),
                name="customer_sorted_by_last_order",
            ),
            models.Index(fields=["store", "country", "city", "email_key"], name="customer_in_place", condition=~models.Q(country="")),
        ]

    def __str__(self) -> str:
        return self.name or self.email or str(self.public_id)

    @property
    def title(self) -> str:
        """Return what pages call them: the name, else the address, else a visitor."""
        return self.name or self.email or gettext("A visitor")

    @property
    def name(self) -> str:
        """Return first and last name as far as known."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def birthday(self) -> str:
        """Return the birthday as 1990-05-01, as --05-01 without a year, or nothing."""
        return write_birthday(self.birth_year, self.birth_md)

    def fold_texts(self) -> None:
        """Keep the folded copies (FOLDED_COPIES) equal to the texts, for search and segments; whoever sets one calls this before saving."""
        self.name_key = fold(self.name)[:201]
        for name, (copy, longest) in _FOLDED.items():
            setattr(self, copy, fold(getattr(self, name).strip())[:longest])
        self.interests_key = list(dict.fromkeys(fold(str(interest).strip()) for interest in self.interests))


class Identity(StoreOwned):
    """A name a storefront knows the person by: the shop's own customer id, a folded e-mail address, a browser's id.

    vouched: the shop's server used it for this person, or they proved it themselves; a browser alone claims a name without it.
    """

    class Kind(models.TextChoices):
        EXTERNAL = "external", _("Shop's own id")
        EMAIL = "email", _("E-mail address")
        ANONYMOUS = "anonymous", _("Browser")

    store = implied_store()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=254)
    vouched = models.BooleanField(default=True, db_default=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(fields=["store", "kind", "value"], name="identity_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["external", "email", "anonymous"]), name="identity_kind_known"),
            StoreForeignKey(field="customer", name="identity_customer_of_store"),
            StoreIsolation(name="identity_isolation"),
        ]
        indexes = [models.Index(fields=["store", "customer"], name="identity_of_customer")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"
