"""The flashsales floor."""
