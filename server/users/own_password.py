"""The password of somebody who is signed in, asked again before what cannot be taken back."""

from server.errors import BadInput, FieldError
from server.users import passwords, queries
from server.users.sessions import Identity


async def check_own_password(identity: Identity, password: str, *, field: str) -> None:
    """Check the password of the user who calls.

    Raises:
        BadInput: `wrong_password`; `field` is named.
    """
    row = await queries.get_user(identity.scope)
    if not await passwords.check_password(row["password_hash"] if row else None, password):
        raise BadInput(
            "The password in use does not fit.",
            code="wrong_password",
            fields=[FieldError(field, "wrong_password", "does not fit")],
        )
