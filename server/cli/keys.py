"""`catchup keys`: list keys, rotate them, see how far it is, retire and revoke single ones."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from server.cli.session import echo_json, fail, json_option, run, say_done, sort_option
from server.keys.classes import DataClass

key_argument = click.argument("key_id", metavar="KEY_ID", type=click.UUID)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
PURPOSES = ("data", "jwt", "index", "audit", "mac", "master")
CLASSES = [data_class.value for data_class in DataClass]
WAIT_S = 2.0
_PHASES = {
    "readable": "waiting until every process reads with the new key",
    "rewriting": "rewriting",
    "waiting": "waiting until nobody works with the old key, then counting",
    "clearing": "removing what the old key made",
    "done": "done",
}


@click.group()
def keys() -> None:
    """List and rotate keys, while people work; nobody is signed out.

    \b
    Examples:
      catchup keys list
      catchup keys rotate data --wait
      catchup keys rotate jwt
      catchup keys status
    """


@keys.command("list")
@click.option("--purpose", type=click.Choice(PURPOSES), default=None, help="Only these.")
@click.option("--state", default=None, help="readable, active, retiring, retired or revoked.")
@sort_option("oldest", "newest")
@json_option
def list_(purpose: Any, state: Any, sort: Any, as_json: bool) -> None:
    """List every key, without its material.

    \b
    Example:
      catchup keys list --purpose jwt --json
    """
    from server.admin import service_keys
    from server.admin.schemas_keys import KeyOut, KeysQuery
    from server.lib.paging import MOST

    async def work() -> list[KeyOut]:
        query, found = KeysQuery(purpose=purpose, state=state, sort=sort, limit=MOST), []
        while True:
            page = await service_keys.list_keys(query)
            found += page.items
            if page.next_cursor is None:
                return found
            query = query.model_copy(update={"cursor": page.next_cursor})

    found = run(work)
    if as_json:
        echo_json(found)
        return
    for key in found:
        of = f"{key.data_class or ''} {key.household_id or ''}".strip()
        kept = "  (needed by an archive)" if key.is_archived else ""
        click.echo(
            f"{key.id}  {key.purpose:<6} v{key.key_version:<3} {key.state:<8}"
            f" {key.created_at:%Y-%m-%d}  {of}{kept}"
        )


@keys.command()
@click.argument("purpose", type=click.Choice(PURPOSES))
@click.option("--class", "data_class", type=click.Choice(CLASSES), help="Of data: only this class.")
@click.option("--household-of", metavar="EMAIL", help="Of data: only this person's household.")
@click.option("--wait", is_flag=True, help="Do the work here and stay until it is done.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    default=None,
    help="Of master: write the new key here instead of into the env file.",
)
@json_option
def rotate(
    purpose: str,
    data_class: str | None,
    household_of: str | None,
    wait: bool,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Rotate keys. The worker does it by itself; run again after a crash, it goes on.

    The master key takes two runs, as root: the first writes the new key down, the second, when
    every process has it, wraps all other keys anew.

    \b
    Examples:
      catchup keys rotate data --class notes --wait
      catchup keys rotate master
    """
    if purpose != "data" and (data_class or household_of):
        fail("--class and --household-of belong to data keys")
    if purpose == "master":
        from server.cli.keys_master import rotate_master

        rotate_master(key_file, as_json=as_json)
        return
    _show(run(lambda: _rotate(purpose, data_class, household_of, wait=wait)), as_json)


@keys.command()
@json_option
def status(as_json: bool) -> None:
    """Show rotations and how far each is, the newest last, and the master key's phase.

    \b
    Example:
      catchup keys status --json
    """
    from server.admin import service_keys
    from server.keys import master_rotation
    from server.lib.clock import utc_now
    from server.lib.paging import MOST, ShortListQuery

    async def work() -> tuple[Any, Any]:
        rotations = await service_keys.list_rotations(ShortListQuery(limit=MOST))
        return rotations.items, await master_rotation.status(now=utc_now())

    rotations, master = run(work)
    if as_json:
        echo_json({"rotations": rotations, "master": master})
        return
    for rotation in rotations:
        _tell(rotation)
    click.echo(
        f"master key: version {master.version}, phase {master.phase},"
        f" {master.left} keys to wrap anew, {master.waiting_for} processes without the next key"
    )


@keys.command()
@key_argument
@yes_option
@json_option
def retire(key_id: UUID, yes: bool, as_json: bool) -> None:
    """Retire a key that is only read, after a count of all that it might be needed for.

    \b
    Example:
      catchup keys retire 01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b
    """
    from server.keys import service_ring
    from server.lib.clock import utc_now

    _ask(key_id, "Nothing will be read with it any more.", yes)
    _end(key_id, lambda: service_ring.retire(key_id, now=utc_now()), as_json)


@keys.command()
@key_argument
@yes_option
@json_option
def revoke(key_id: UUID, yes: bool, as_json: bool) -> None:
    """Refuse a signing key's tokens within 5 s; clients get new ones, and nobody signs in again.

    \b
    Example:
      catchup keys revoke 01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b --yes
    """
    from server.keys import service_signing
    from server.lib.clock import utc_now

    _ask(key_id, "Every access token that it signed is refused from now on.", yes)
    _end(key_id, lambda: service_signing.revoke(key_id, now=utc_now()), as_json)


async def _rotate(
    purpose: str, data_class: str | None, household_of: str | None, *, wait: bool
) -> Any:
    from server.admin import service_keys
    from server.keys import service as keys
    from server.keys import service_rotation
    from server.lib.clock import utc_now
    from server.users import service as users

    household = (await users.find_scope(household_of)).household_id if household_of else None
    begun = await service_keys.rotate(
        purpose, household_id=household, data_class=data_class, now=utc_now()
    )
    while wait and begun.finished_at is None:
        keys.forget_boxes()
        while await service_rotation.advance(now=utc_now()):
            pass
        begun = await service_keys.get_rotation(begun.id)
        if begun.finished_at is None:
            await asyncio.sleep(WAIT_S)
    return begun


def _ask(key_id: UUID, consequence: str, yes: bool) -> None:
    from server.admin import service_keys

    if yes:
        return
    key = run(lambda: service_keys.get_key(key_id))
    click.echo(f"{key.purpose} key, version {key.key_version}, {key.state}. {consequence}")
    click.confirm("Go on?", abort=True)


def _end(key_id: UUID, act: Any, as_json: bool) -> None:
    from server.admin import service_keys

    async def work() -> Any:
        await act()
        return await service_keys.get_key(key_id)

    key = run(work)
    say_done(f"The key is {key.state}.", key, as_json=as_json)


def _show(rotation: Any, as_json: bool) -> None:
    if as_json:
        echo_json(rotation)
        return
    _tell(rotation)
    if rotation.finished_at is None:
        click.echo("It goes on by itself; `catchup keys status` shows how far it is.")


def _tell(rotation: Any) -> None:
    of = f" {rotation.data_class}" if rotation.data_class else ""
    bad = f", {rotation.unreadable} do not open" if rotation.unreadable else ""
    values = f" ({rotation.values_done:,} of {rotation.values_total:,} values{bad})"
    click.echo(
        f"{rotation.started_at:%Y-%m-%d %H:%M}  {rotation.purpose}{of}: {_PHASES[rotation.state]}"
        f"{values if rotation.values_total else ''}"
    )
