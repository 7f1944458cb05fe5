"""Error responses of the Bot API.

ApiError               any error; code, description and parameters as Telegram sends them
├── BadRequestError    400
├── ForbiddenError     403
├── ConflictError      409
└── FloodError         429, with the seconds to wait
"""

from qa.errors import PullquoteError


class ApiError(PullquoteError):
    """An error response; ``str(error)`` is the description that the bot receives."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class BadRequestError(ApiError):
    """400: the request cannot be carried out as it is."""

    def __init__(self, problem: str, **parameters: int) -> None:
        super().__init__(400, f"Bad Request: {problem}", **parameters)


class ForbiddenError(ApiError):
    """403: the bot may not write there."""

    def __init__(self, problem: str) -> None:
        super().__init__(403, f"Forbidden: {problem}")


class ConflictError(ApiError):
    """409: two ways of getting updates at once."""

    def __init__(self, problem: str) -> None:
        super().__init__(409, f"Conflict: {problem}")


class FloodError(ApiError):
    """429: too fast; ``retry_after`` seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        description = f"Too Many Requests: retry after {retry_after}"
        super().__init__(429, description, retry_after=retry_after)
