"""Why a webhook was refused. Whoever sent it learns no more than that."""

from server.errors import Forbidden


class NotVerified(Forbidden):
    """403: the request does not prove who sent it."""

    code = "webhook_not_verified"
    title = "Not verified"

    def __init__(self) -> None:
        super().__init__("The signature is missing or does not fit this request.")


class NotConfigured(Forbidden):
    """403: no secret is set by which such a request could prove anything."""

    code = "webhook_not_configured"
    title = "Not configured"

    def __init__(self, variable: str) -> None:
        super().__init__(f"This webhook is off until {variable} is set.")
