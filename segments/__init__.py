"""The segments floor."""
