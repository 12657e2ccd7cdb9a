"""How a store's mails look beyond its name, colour and logo, which belong to the store itself."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class Brand(StoreOwned):
    """The brand kit of a store, one row at most; a store without one has what the columns say of themselves.

    social: the shop's places elsewhere, [{"name", "url"}], as they stand in the foot of a mail.
    measure_opens: mails carry a picture that tells of an opening; without it opens are not measured anywhere.
    """

    class Font(models.TextChoices):
        HELVETICA = "Helvetica, Arial, sans-serif", _("Helvetica, plain")
        VERDANA = "Verdana, Geneva, sans-serif", _("Verdana, wide")
        TREBUCHET = "'Trebuchet MS', Tahoma, sans-serif", _("Trebuchet, friendly")
        GEORGIA = "Georgia, 'Times New Roman', serif", _("Georgia, bookish")
        COURIER = "'Courier New', Courier, monospace", _("Courier, typed")

    font = models.CharField(_("letters"), max_length=80, choices=Font.choices, default=Font.HELVETICA)
    back_color = models.CharField(
        _("colour around the mail"), max_length=7, default="#f4f6f7", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")]
    )
    measure_opens = models.BooleanField(_("opens are measured"), default=True, db_default=True)
    social = models.JSONField(_("social links"), default=list, blank=True)

    class Meta:
        verbose_name = _("look of mails")
        verbose_name_plural = _("looks of mails")
        constraints = [
            models.UniqueConstraint(fields=["store"], name="brand_once"),
            models.CheckConstraint(condition=models.Q(back_color__regex=r"^#[0-9a-fA-F]{6}$"), name="brand_back_color_is_one"),
            StoreIsolation(name="brand_isolation"),
        ]

    def __str__(self) -> str:
        return self.font
