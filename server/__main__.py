"""The `catchup` command. Each part is loaded when it is called, so that `--help` is quick."""

from importlib import import_module

import click

COMMANDS = {
    "up": "server.cli.up:up",
    "serve": "server.cli.run:serve",
    "worker": "server.cli.run:worker",
    "migrate": "server.cli.database:migrate",
    "db": "server.cli.database:db",
    "config": "server.cli.settings:config",
    "doctor": "server.cli.settings:doctor",
    "users": "server.cli.users:users",
    "keys": "server.cli.keys:keys",
    "sessions": "server.cli.sessions:sessions",
    "invitations": "server.cli.invitations:invitations",
    "tokens": "server.cli.tokens:tokens",
    "passwords": "server.cli.passwords:passwords",
    "import": "server.cli.imports:import_",
    "imports": "server.cli.imports:imports",
    "calendars": "server.cli.calendars:calendars",
    "demo": "server.cli.demo:demo",
    "reply": "server.cli.reply:reply",
    "suggest": "server.cli.suggest:suggest",
    "digest": "server.cli.digest:digest",
    "feeds": "server.cli.feeds:feeds",
    "messages": "server.cli.messages:messages",
    "queues": "server.cli.jobs:queues",
    "jobs": "server.cli.jobs:jobs",
    "schedules": "server.cli.jobs:schedules",
    "logs": "server.cli.logs:logs",
    "status": "server.cli.status:status",
    "expiries": "server.cli.status:expiries",
    "samples": "server.cli.status:samples",
    "preflight": "server.cli.status:preflight",
    "integrations": "server.cli.integrations:integrations",
    "support-bundle": "server.cli.support_bundle:support_bundle",
    "audit": "server.cli.audit:audit",
    "alerts": "server.cli.alerts:alerts",
    "verify": "server.cli.verify:verify",
    "openapi": "server.cli.openapi:openapi",
    "admin": "tui.__main__:main",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is used or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="catchup", prog_name="catchup")
def main() -> None:
    """CatchUp: whom to catch up with, when, and why.

    \b
    First steps:
      catchup up                       run everything here, in the foreground
      catchup up --demo                the same, with made-up people to look at
      catchup users create ana@x.org   make the first user (the admin)
      catchup import people.vcf --user ana@x.org
    """


if __name__ == "__main__":
    main()
