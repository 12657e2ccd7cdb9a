"""Requests to Amazon Web Services signed by their Signature Version 4: pure. Source: AWS General Reference, with its own test vectors."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


def signed_headers(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes, region: str, service: str, key_id: str, secret: str, now: datetime
) -> dict[str, str]:
    """Return the headers of a request with its signature. url: without a query. headers: those that are signed besides host and date."""
    parts, moment = urlsplit(url), now.astimezone(UTC)
    stamp, scope = f"{moment:%Y%m%dT%H%M%SZ}", f"{moment:%Y%m%d}/{region}/{service}/aws4_request"
    told = {name.lower(): value.strip() for name, value in headers.items()} | {"host": parts.netloc, "x-amz-date": stamp}
    names = ";".join(sorted(told))
    lines = [f"{name}:{told[name]}\n" for name in sorted(told)]
    request = "\n".join([method, parts.path or "/", "", "".join(lines), names, hashlib.sha256(body).hexdigest()])
    wanted = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, wanted.encode(), "sha256").hex()
    proof = f"{_ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {name: value for name, value in told.items() if name != "host"} | {"authorization": proof}
