"""What a store's mails say in their fixed places, in the store's own words and in one language each."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class StorePhrase(StoreOwned):
    """One phrase of `personalization/phrases.py` as this store says it. language: its short name in lower case, "de" or "pt-br"."""

    key = models.CharField(max_length=40)
    language = models.CharField(max_length=12)
    text = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("phrase of a store")
        verbose_name_plural = _("phrases of stores")
        constraints = [
            models.UniqueConstraint(fields=["store", "key", "language"], name="store_phrase_once"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(language=""), name="store_phrase_says_something"),
            StoreIsolation(name="store_phrase_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.language}"
