"""The tables of the intake room, one idea a file."""

from retention.intake.models.delivery import Delivery, DeliverySubject
from retention.intake.models.shop import ShopConnection

__all__ = ["Delivery", "DeliverySubject", "ShopConnection"]
