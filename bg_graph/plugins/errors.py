"""The errors by which a provider tells the host what became of a call. Anything else that it raises is taken for a bug."""


class ProviderError(Exception):
    """A call came to nothing, or may have. The message may be shown: no secret, no personal data."""


class Unavailable(ProviderError):
    """Nothing was done, and it may go better later: the call may be repeated."""

    def __init__(self, message: str = "the system can't be reached", *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the system asks to wait; None where it does not say."""


class OutcomeUnknown(ProviderError):
    """The request may have left and no answer came: a send must not be repeated blindly."""


class Misconfigured(ProviderError):
    """Settings or credentials are wrong: no repetition helps until somebody mends them."""


class Rejected(ProviderError):
    """The system refused this request, and would refuse it again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        """The system's own word for why."""


class Unsupported(ProviderError):
    """The provider cannot do this at all."""


class Forged(ProviderError):
    """An inbound call is not from whom it says it is."""
