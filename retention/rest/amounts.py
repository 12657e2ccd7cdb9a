"""Amounts in the API: whole minor units beside a currency, never a float and never a rounded one."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from retention.kit.money import LARGEST_AMOUNT


class AmountField(serializers.IntegerField):
    """Whole minor units of the currency beside it: 8900 for €89.00, 8900 for ¥8,900."""

    default_error_messages = {"fraction": _("Amounts are whole minor units, such as 8900 for 89.00.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": LARGEST_AMOUNT, **options})

    def to_internal_value(self, data: Any) -> int:
        """Return the amount; a float or a text with decimals is refused, not rounded."""
        if isinstance(data, bool | float):
            self.fail("fraction")
        return super().to_internal_value(data)
