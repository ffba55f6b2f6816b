"""`catchup verify`: look at a deployment from outside, as its users reach it."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from server.cli.session import echo_json, fail, json_option

if TYPE_CHECKING:
    from server.health.checks import Check

PASSWORD_VARIABLE = "CATCHUP_PASSWORD"  # noqa: S105  # where it is, not what


@click.command()
@click.argument("url")
@click.option("--user", "email", metavar="EMAIL", help="Sign in as this user and try the API.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False),
    help="File with the authority of the server's certificate; default: the system's.",
)
@json_option
def verify(url: str, email: str | None, ca: str | None, as_json: bool) -> None:
    """Check a deployment from outside: TLS, health, headers; with --user also the API.

    The password is asked for, or read from CATCHUP_PASSWORD. One contact and one feed are made
    and taken away again. Ends with 1 when a check fails.

    \b
    Examples:
      catchup verify https://catchup.example.org
      catchup verify https://catchup.example.org --user ana@example.org
    """
    if not url.startswith(("http://", "https://")):
        fail(f"{url}: expected an address such as https://catchup.example.org")
    password = _password(email) if email else None
    checks = asyncio.run(_verify(url.rstrip("/"), email, password, ca, say=not as_json))
    if as_json:
        echo_json([asdict(check) for check in checks])
    failed = sum(check.status == "fail" for check in checks)
    if not as_json:
        click.echo(f"{len(checks)} checks, {failed} failed.")
    sys.exit(1 if failed else 0)


def _password(email: str) -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    return given or str(click.prompt(f"Password of {email}", hide_input=True, err=True))


async def _verify(
    url: str, email: str | None, password: str | None, ca: str | None, *, say: bool
) -> "list[Check]":
    import httpx2

    from server.health import outside, outside_member

    tls = ssl.create_default_context(cafile=ca)
    done: list[Check] = []
    async with httpx2.AsyncClient(
        base_url=url, verify=tls, timeout=outside.LIMIT_S, trust_env=False
    ) as http:
        server = outside.Deployment(http, url, tls)

        async def all_checks() -> "AsyncIterator[Check]":
            async for check in outside.look(server):
                yield check
            if email and password:
                async for check in outside_member.look(server, email, password):
                    yield check

        try:
            async for check in all_checks():
                done.append(check)
                if say:
                    _say(check)
        except httpx2.HTTPError as error:
            fix = "is the server running, and does its name lead here?"
            done.append(outside.bad("reachable", f"no answer ({type(error).__name__})", fix))
            if say:
                _say(done[-1])
    return done


def _say(check: "Check") -> None:
    mark = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}[check.status]
    click.echo(f"{mark} {check.name}{f': {check.detail}' if check.detail else ''}")
    if check.fix:
        click.echo(f"     → {check.fix}")
