"""Forms of the intake room, one file a page. They only check and clean."""
