"""Tests of what a mail says: templates, their language, the editor and ready-made ones."""
