"""How a command ends when it cannot do what was asked."""


class UsageError(Exception):
    """The user's words are wrong: one line that names the option, quotes what was written, and says what is right."""


class FailedError(Exception):
    """Something failed while running: one line that says what, where, and what is kept."""
