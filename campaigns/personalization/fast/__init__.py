"""Liquid made fast: a parsed template as Python closures, with the library's own output, errors and limits."""
