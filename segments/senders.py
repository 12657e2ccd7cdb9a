"""What sends messages, as rules name it: floors above add how to find the store's journeys."""

from collections.abc import Callable, Mapping

from retention.kit.register import Register

# Each returns the names of the active store's by the id that events about messages carry as `journey`.
senders: Register[Callable[[], Mapping[str, str]]] = Register("sender of messages")
