"""Push messages for browsers: encrypting (RFC 8291), proving who sends (RFC 8292), where they may go, and the providers."""
