"""Where a feed is, for a client of the app itself."""

from typing import Any


def path_of(feed: dict[str, Any]) -> str:
    """Return the path of the address that making the feed told."""
    return "/feeds/" + str(feed["url"]).rsplit("/", 1)[1]
