"""Segment's JavaScript libraries as shops install them: locked in package-lock.json, installed into var/clients where tests use them."""
