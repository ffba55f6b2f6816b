"""Zip archives written as they are sent: memory holds one part of one file."""

import zipfile
from datetime import datetime
from typing import IO


class ZipStream:
    """A zip that is given away piece by piece; call `take` after each write."""

    def __init__(self, *, now: datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        # The format has no zone and no year before 1980; UTC, as everywhere.
        self._date = now.timetuple()[:6]

    def begin(self, name: str) -> IO[bytes]:
        """Begin a file, write to it, close it before the next one.

        Its size is not known, so its head leaves room for more than 4 GB.
        """
        info = zipfile.ZipInfo(name, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        file: IO[bytes] = self._zip.open(info, "w", force_zip64=True)
        return file

    def end(self) -> None:
        """Write the list of files; nothing can be added afterwards."""
        self._zip.close()

    def take(self) -> bytes:
        """Return what was written since the last call."""
        return self._sink.take()


class _Sink:
    """What zipfile needs of a file that nobody can seek in."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes, /) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits here that could be hurried."""

    def close(self) -> None:
        """Nor is there anything to close."""

    def take(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
