"""How a command ends that can't do what was asked: one clear message with its remedy, never a trace."""

FAILED = 1
MISUSED = 2


class Failure(Exception):
    """What went wrong in words for the user, and what to do about it."""

    def __init__(self, message: str, remedy: str | None = None, *, code: int = FAILED) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        message = f"bg-graph: {self.args[0]}"
        return f"{message}\n  {self.remedy}" if self.remedy else message


def misuse(message: str, remedy: str | None = None) -> Failure:
    """A failure whose cause is how the command was called or set."""
    return Failure(message, remedy, code=MISUSED)
