"""The words of ./run: one file per word in `words/`, what they share beside it.

Standard library and the embedded servers until a word needs more, so that help and mistakes answer at once.
"""


class StepFailedError(Exception):
    """A step of a word failed; the message is one plain sentence, with the path of a log where there is one."""
