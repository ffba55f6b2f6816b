"""A stand-in for `ssh`: the far machine is this one. Commands run in its shell, tunnels are dug.

`python -m tests.tui.fake_ssh WORDS…` is what the program `ssh` on a PATH of `far_machine` runs.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


def far_machine(folder: Path, catchup: Sequence[str], environment: Mapping[str, str]) -> Path:
    """Make `ssh` in `folder`, and for its far side `sudo` and `catchup`; return the path of `ssh`.

    `catchup` there runs with `environment`, which whoever calls ssh needs not have.
    """
    settings = "\n".join(f"export {name}={shlex.quote(v)}" for name, v in environment.items())
    here = shlex.join([sys.executable, "-m", "tests.tui.fake_ssh"])
    programs = {
        "ssh": f'PATH={folder}:$PATH\ncd {ROOT}\nexec {here} "$@"',
        "sudo": 'test "$1" = -n && shift && exec "$@"',
        "catchup": f'{settings}\nexec {shlex.join(catchup)} "$@"',
    }
    for name, text in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o700)
    return folder / "ssh"


async def forward(port: int, end: str) -> None:
    """Lead each connection to `port` on to HOST:PORT or a socket's path, until we are ended."""

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await _connect(end)
        except OSError as error:
            why = os.strerror(error.errno or 0)
            print(f"channel 2: open failed: connect failed: {why}", file=sys.stderr, flush=True)
        else:
            await asyncio.gather(_pour(reader, back), _pour(there, writer))
        writer.close()

    server = await asyncio.start_server(lead, "127.0.0.1", port)
    await server.serve_forever()


async def _connect(end: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if end.startswith("/"):
        return await asyncio.open_unix_connection(end)
    host, _, port = end.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def main(words: list[str]) -> None:
    """Do what ssh does of `[-o OPTION]… [-N -L HERE:PORT:END] TARGET [COMMAND…]`."""
    way = None
    while words[0].startswith("-"):
        option = words.pop(0)
        if option != "-N":
            value = words.pop(0)
            way = value if option == "-L" else way
    _target, *command = words
    if way is None:
        # As sshd does it: words are joined, and the shell there reads them.
        os.execvp("sh", ["sh", "-c", " ".join(command)])
    _, port, end = way.split(":", 2)
    asyncio.run(forward(int(port), end))


if __name__ == "__main__":
    main(sys.argv[1:])
