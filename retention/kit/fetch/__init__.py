"""The one guarded way out: outbound HTTP that never reaches an address our policy does not allow (S26).

Addresses, targets and policy decide; resolving, wire and reading act; client joins them. No vendor knowledge here.
Call `fetch`; copy nothing: a second HTTP client elsewhere is refused by the local semgrep rules.
"""

from retention.kit.fetch.client import Answer, Fetcher, fetch
from retention.kit.fetch.errors import FetchFailed, FetchRefused
from retention.kit.fetch.policy import Policy, policy_from_settings

__all__ = ["Answer", "FetchFailed", "FetchRefused", "Fetcher", "Policy", "fetch", "policy_from_settings"]
