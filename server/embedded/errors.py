"""Why the embedded PostgreSQL or Redis cannot run."""

from server.errors import CatchUpError


class EmbeddedError(CatchUpError):
    """The embedded services cannot start; the sentence names the cause and what mends it.

    `code` is one of: `home_held`, `home_not_ours`, `key_lost`, `binaries_missing`,
    `wrong_major`, `not_reachable`, `wrong_password`, `did_not_start`.
    """

    status = 503
    code = "did_not_start"
    title = "Embedded services cannot run"


class PortTaken(EmbeddedError):
    """Another program took the port between our look and the start; try the next one."""

    code = "port_taken"
