"""Webhook endpoints in the management API."""
