"""Template tags of the shared page parts; `{% load ui %}` brings all of them."""
