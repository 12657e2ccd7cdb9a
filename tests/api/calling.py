"""Asking the API as a shop's server does."""

import json
from typing import Any

from django.test import Client

from retention.stores.models import Store
from retention.stores.models.key import Scope
from tests.factories import make_key


class Api:
    """A caller with a key of a store, with every scope unless told otherwise."""

    def __init__(self, store: Store, *, scopes: list[str] | None = None) -> None:
        key = make_key(store, scopes=list(Scope.values) if scopes is None else scopes)[1]
        self.client = Client(headers={"Authorization": f"Bearer {key}"})

    def ask(self, method: str, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """Send one request under /api/v1/ and return the answer."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        if body is None:
            return getattr(self.client, method)(f"/api/v1/{path}", headers=headers)
        return getattr(self.client, method)(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)

    def get(self, path: str) -> Any:
        """Return the parsed body of a page."""
        return self.ask("get", path).json()
