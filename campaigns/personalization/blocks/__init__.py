"""Blocks: a mail's MJML as a list one can add to, move and fill in without code. Whatever it does not know stays letter by letter."""
