"""How the API describes itself: the key, and the problem documents every operation may answer with."""

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter

PROBLEMS = {
    "400": "The request cannot be read; the detail says what is wrong with it.",
    "401": "There is no key, or one that is not known.",
    "403": "The key may not do this.",
    "404": "There is no such thing in this store.",
    "405": "The address does not know this method.",
    "429": "Too many requests from this key; Retry-After says when to come back.",
    "503": "The product cannot answer now; try again.",
}
KEEPING = {"409": "A request with this Idempotency-Key is being answered.", "422": "This Idempotency-Key was used for another request."}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send the same key again and the request has one effect and one answer, for 48 hours.",
)
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"description": "What is wrong, by field."},
        "reason": {"type": "string", "description": "A word for programs, where a status has several causes."},
    },
    "required": ["type", "title", "status", "detail"],
}


def or_only_id(component: str, *, scope: str) -> dict[str, Any]:
    """Return the schema of an answer that shows a component to keys with a read scope, and its id to those without."""
    only_id = {
        "type": "object",
        "description": f"What a key without {scope} is told.",
        "properties": {"id": {"type": "string", "format": "uuid"}},
        "required": ["id"],
    }
    return {"anyOf": [{"$ref": f"#/components/schemas/{component}"}, only_id]}


class SecretKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer sk_...`."""

    target_class = "retention.stores.authentication.SecretKeyAuthentication"
    name = "secretKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme as OpenAPI writes it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "sk_...",
            "description": "A secret key of the store, from Settings, Keys.",
        }


class ClosedBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """What a `Body` takes is what it declares, and nothing else."""

    target_class = "retention.rest.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the body's schema, closed."""
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


def describe_problems(result: dict[str, Any], **_unused: Any) -> dict[str, Any]:
    """Add the problem answers to every operation, and its description's first words as its summary."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            operation.setdefault("summary", _first_words(operation.get("description", "")))
            answers = PROBLEMS | (KEEPING if method in {"post", "patch", "delete"} else {})
            for status, description in answers.items():
                content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
                operation["responses"].setdefault(status, {"description": description, "content": content})
    return result


def _first_words(description: str) -> str:
    """Return the first sentence of a description, or what stands before its colon or semicolon, without the mark that ends it."""
    return re.split(r"[.:;](?:\s|$)", " ".join(description.split()), maxsplit=1)[0]
