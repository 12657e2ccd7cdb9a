"""The dashboard's own page: the styleguide. Pages of the apps live in their own `views/`."""
