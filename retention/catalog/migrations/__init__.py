"""Schema changes of the catalog room."""
