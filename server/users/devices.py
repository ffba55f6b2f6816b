"""Is a sign-in from a device that its user has used before?"""

from server.lib.scope import Scope
from server.users import queries_devices
from server.users.sessions import Device


async def is_new(scope: Scope, device: Device) -> bool:
    """Say whether neither program nor address was seen in a session of this user's that is kept.

    A browser's name changes with its updates and an address with the place: one of them stays.
    The very first sign-in is none from a new device. Call it before the session is opened.
    """
    known = await queries_devices.list_known(
        scope, user_agent=device.user_agent, address=device.address
    )
    return bool(known) and True not in known
