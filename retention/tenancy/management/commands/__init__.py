"""Commands: migrate (as owner, then grants) and make_roles."""
