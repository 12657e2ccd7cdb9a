"""What ends a program of a template: the caller renders the long way."""

from liquid.exceptions import LiquidError


class Surprise(Exception):
    """A value or a text this program does not know how to handle."""


class NoProgram(Exception):
    """The template holds something that is not taken apart here."""


SURPRISES = (Surprise, LiquidError, KeyError, IndexError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)
