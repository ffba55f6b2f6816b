"""Who sits at the box: for the audit trail of what is done there."""

import os
import pwd


def unix_user() -> dict[str, object]:
    """Return the user of this machine who runs the command, also behind sudo.

    Only root is believed about being somebody else.
    """
    uid = os.getuid()
    behind = os.environ.get("SUDO_UID", "")
    if uid == 0 and behind.isascii() and behind.isdigit():
        uid = int(behind)
    try:
        name = pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):  # a container's user without a name
        name = str(uid)
    return {"unix_user": name, "unix_uid": uid, "as_root": os.getuid() == 0}
