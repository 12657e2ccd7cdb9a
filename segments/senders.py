"""What sends messages: floors above add how rules name it, and who wants to hear that somebody changed whom a segment chooses."""

from collections.abc import Callable, Mapping
from datetime import datetime

from retention.kit.register import Register

# Each returns the names of the active store's by the id that events about messages carry as `journey`.
senders: Register[Callable[[], Mapping[str, str]]] = Register("sender of messages")

# Each is called with the moment, in the transaction in which somebody saved a rule or changed a list of the active store.
listeners: Register[Callable[[datetime], None]] = Register("listener to changed segments")
