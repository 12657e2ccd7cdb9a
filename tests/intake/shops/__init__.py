"""Shops' webhooks: from the raw bytes of a signed request to customers, orders, products and stock."""
