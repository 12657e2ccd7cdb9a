"""Senders and their domains: what the DNS says of a domain mails come from, and what to add where."""
