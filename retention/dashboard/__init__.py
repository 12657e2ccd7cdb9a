"""Shared parts of every page: who may open it, the menu, paging, figures, template tags, the styleguide.

Knows no models and no app; the apps register here. A new shared piece is a template in `templates/ui/` shown in the styleguide.
"""
