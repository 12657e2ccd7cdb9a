"""`Idempotency-Key`: an unsafe request sent twice with the same API key has one effect and gets one answer (S12).

The answer is kept in the transaction of the effect, so either both are there or neither. Kept for two days, then swept.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from retention.kit import clock
from retention.kit.locks import try_transaction_lock
from retention.kit.secrets import seal, unseal
from retention.rest.models import KeptAnswer
from retention.tenancy.context import require_store_id

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=48)
LONGEST_KEY = 255
_SEALED = "kept sealed"
_PURPOSE = "kept-answer"

Handler = TypeVar("Handler", bound=Callable[..., Response])


class StillAtIt(APIException):
    """The first request with this key is being answered at this moment."""

    status_code = 409
    default_detail = _("A request with this Idempotency-Key is being answered. Try again in a moment.")
    default_code = "still_at_it"


class KeyReused(APIException):
    """The key was used for another request."""

    status_code = 422
    default_detail = _("This Idempotency-Key was used for another request. Use a new key for a new request.")
    default_code = "key_reused"


class LastingRefusal(APIException):
    """A refusal that leaves what was written before it, such as a question somebody has to answer first; any other takes it back."""


def idempotent(handler: Handler) -> Handler:
    """Run an unsafe method of a StoreView in one transaction, once per Idempotency-Key. Refusals are not kept.

    An answer with the attribute `holds_secret` is kept sealed.
    """

    @wraps(handler)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        with transaction.atomic():
            try:
                if key is None:
                    return handler(view, request, *args, **kwargs)
                return _answer_once(request, key, lambda: handler(view, request, *args, **kwargs))
            except LastingRefusal as error:
                refusal = error
        raise refusal

    return answer  # type: ignore[return-value]


def _answer_once(request: Request, key: str, handle: Callable[[], Response]) -> Response:
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise ParseError(_("An Idempotency-Key is 1 to 255 printable ASCII characters."))
    digest, caller = _digest(request), int(request.auth.pk)
    if not try_transaction_lock(f"idempotency:{caller}:{key}", store_id=require_store_id()):
        raise StillAtIt
    kept = KeptAnswer.objects.filter(caller=caller, key=key).first()
    if kept is not None:
        if kept.digest != digest:
            raise KeyReused
        return Response(_unfold(kept.body), status=kept.status, headers={"Idempotent-Replayed": "true"})
    response = handle()
    body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
    if getattr(response, "holds_secret", False):
        body = {_SEALED: seal(json.dumps(body), store_id=require_store_id(), purpose=_PURPOSE)}
    KeptAnswer.objects.create(caller=caller, key=key, digest=digest, status=response.status_code, body=body, created_at=clock.now())
    return response


def _unfold(body: Any) -> Any:
    sealed = body.get(_SEALED) if isinstance(body, dict) else None
    return body if sealed is None else json.loads(unseal(sealed, store_id=require_store_id(), purpose=_PURPOSE))


def _digest_of_file(file: Any) -> str:
    """Return what stands for an uploaded file, which is left where it can be read again."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _digest(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"), default=_digest_of_file)
    said = f"{request.auth.pk}\n{request.method}\n{request.get_full_path()}\n{body}"
    return hashlib.sha256(said.encode()).hexdigest()
