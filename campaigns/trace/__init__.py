"""Why and why not, for one person, in words: `messages.py` of messages there are, `absent.py` of journeys and campaigns without one."""
