"""`catchup keys rotate master`: its two phases, and the file in which the key is."""

import os
from pathlib import Path
from typing import Any

import click

from server import config
from server.cli.session import echo_json, run
from server.config import SettingsError

_NOW = "ENCRYPTION_KEY"
_NEXT = "ENCRYPTION_KEY_NEXT"


def rotate_master(key_file: Path | None, *, as_json: bool) -> None:
    """Take the phase that can be taken now, and say what to do next."""
    file = key_file or config.env_file()

    async def work() -> tuple[bool, int, Any, bool]:
        from server.keys import master_rotation
        from server.lib.clock import utc_now

        begun = await master_rotation.announce(lambda key: write_next(file, key), now=utc_now())
        wrapped = 0
        if not begun:
            await master_rotation.activate(now=utc_now())
            wrapped = await master_rotation.rewrap(now=utc_now())
        status = await master_rotation.status(now=utc_now())
        done = status.phase == "none" and await master_rotation.is_active(_in_file(_NEXT))
        return begun, wrapped, status, done

    begun, wrapped, status, done = run(work)
    if done:
        swap(config.env_file())
    if as_json:
        echo_json({"begun": begun, "wrapped": wrapped, "swapped": done, "status": status})
        return
    if begun:
        click.echo(
            f"The next master key is announced. Keep a copy of it apart from this machine.\n"
            f"Every process must hold it as {_NEXT}: those that read {config.env_file()} do within"
            " 15 s, others when they start again. Then run this once more."
        )
        return
    click.echo(f"{wrapped} keys are wrapped anew; version {status.version} is the master key.")
    if done:
        click.echo(f"{config.env_file()} has the new key as {_NOW}.")
        if config.values_now("encryption_key")[0] != _in_file(_NOW):
            click.echo(
                f"But {_NOW} of this environment is still the former key, and wins over the file."
                " Take it out of whatever sets it, for every process, before it starts again."
            )
    else:
        click.echo(f"Set {_NOW} to the new key and remove {_NEXT}; running processes hold both.")


def write_next(file: Path, key: str) -> None:
    """Write the key to come down, mode 0600: into the env file, or a file of its own.

    Raises:
        SettingsError: it cannot be written.
    """
    from server.embedded.envfile import append_env
    from server.embedded.private_files import write_private

    try:
        if file == config.env_file():
            append_env(file, {_NEXT: key}, heading="The master key to come (catchup keys rotate).")
        else:
            write_private(file, key + "\n")
            os.environ[f"{_NEXT}_FILE"] = str(file)
    except OSError as error:
        why = f"{file}: cannot be written ({error.strerror}); run this as root, or use --key-file"
        raise SettingsError([why]) from None


def swap(file: Path) -> None:
    """Let the env file's next key be its key."""
    from server.embedded.envfile import rename_env
    from server.failpoints import Step, reach

    reach(Step.MASTER_SETTINGS, "uncommitted")
    rename_env(file, _NEXT, _NOW)
    reach(Step.MASTER_SETTINGS, "committed")


def _in_file(name: str) -> str | None:
    from server.embedded.envfile import read_env

    return read_env(config.env_file()).get(name)
