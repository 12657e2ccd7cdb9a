"""What of a text is Liquid. Pure."""

import re

LIQUID = re.compile(r"({{(?:[^{}]|{(?!{)|}(?!}))*}}|{%(?:[^{%]|{(?!%)|%(?!}))*%})")
"""One output or one tag. It never looks past the next opening, so that a text full of openings is read once and not once for each."""
