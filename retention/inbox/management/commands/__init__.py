"""Command: read_inbox (the product's own mail, for whoever runs this on one machine)."""
