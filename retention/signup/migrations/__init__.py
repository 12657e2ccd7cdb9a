"""Migrations of the signup room."""
