"""What upper rooms show on a product's page: a register that knows none of them. An app adds its panels in `AppConfig.ready()`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from retention.catalog.models import Product
from retention.kit.register import Register


@dataclass(frozen=True)
class ProductPanel:
    """A card on the page of one product; `context` returns what its template needs, or None to show nothing."""

    title: str | Promise
    template: str
    context: Callable[[HttpRequest, Product, datetime], Mapping[str, Any] | None]
    order: int = 100


product_panels: Register[ProductPanel] = Register("panel of the product page")
