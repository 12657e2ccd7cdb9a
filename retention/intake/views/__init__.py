"""Pages of the intake room, one file a subject, and the doors for shops' webhooks."""
