"""The ways in which a command can end without an answer."""


class InputError(ValueError):
    """Something that the user gave cannot be used, and they can mend it. Exit status 2.

    Args:
        message: what is wrong, one sentence without a full stop.
        where: the place: a file, `file:line`, an option. None where the message says it.
        hint: how to mend it, one sentence without a full stop.
    """

    def __init__(self, message: str, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint


class RequestFailed(RuntimeError):
    """A valid request that could not be carried out: a download, the disk, a diverged training. Exit status 1."""

    def __init__(self, message: str, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint


class Interrupted(Exception):
    """Ctrl-C or another signal has ended the work, once what was done is saved. Exit status 128 + the signal.

    Args:
        hint: how it goes on.
    """

    def __init__(self, message: str, signal: int, hint: str) -> None:
        super().__init__(message)
        self.message, self.signal, self.hint = message, signal, hint
