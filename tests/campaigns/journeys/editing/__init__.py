"""The rooms where a journey is written."""
