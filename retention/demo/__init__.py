"""The demo: an invented shop, its people, and the story that `./run demo` tells. May use everything; nothing uses it.

Every name and figure here is invented; addresses end in example.test and never leave this machine.
"""
