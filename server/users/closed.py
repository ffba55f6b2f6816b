"""Accounts that are closed and not erased yet."""

from datetime import datetime

from server.errors import Unauthorized


class AccountClosed(Unauthorized):
    """401: the account was closed; said only to somebody who knows its password."""

    code = "account_closed"

    def __init__(self, erased_from: datetime) -> None:
        super().__init__(
            f"This account is closed and will be erased from {erased_from:%Y-%m-%d} on. Until then"
            " POST /api/account/restore with the token that closing it gave, or the admin's"
            " `catchup users restore`, opens it again."
        )
