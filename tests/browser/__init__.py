"""Tests in a real headless Chromium: every page looked at and kept as a picture under var/screenshots, and the ways people walk."""
