"""The gauntlet: a referee that plays the relay and misbehaves on purpose, senders that are killed, and a checker of what really left."""
