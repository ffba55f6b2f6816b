"""`catchup passwords`: the list of passwords that nobody may choose, kept on this machine."""

from pathlib import Path

import click

from server.cli.session import fail, json_option, say_done


@click.group()
def passwords() -> None:
    """Keep the list of passwords that nobody may choose.

    \b
    Example:
      catchup passwords import pwned-passwords-sha1-ordered-by-hash.txt --least-count 100
    """


@passwords.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--least-count",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Take passwords that were seen this often or more.",
)
@click.option("--plain", is_flag=True, help="FILE has one password on each line, in the clear.")
@json_option
def import_(file: Path, least_count: int, plain: bool, as_json: bool) -> None:
    """Take in a list of breached passwords; it replaces the one imported before.

    FILE has lines of SHA1:COUNT ordered by hash, as Have I Been Pwned gives them out. Running
    servers use the new list at once; the list that comes with CatchUp stays in force beside it.
    It becomes eight bytes for each password: `--least-count` keeps it small.

    \b
    Examples:
      catchup passwords import pwned-passwords-sha1-ordered-by-hash.txt --least-count 100
      catchup passwords import our-company.txt --plain
    """
    from server.users import breached

    target = breached.imported_file()
    try:
        with file.open("rb") as lines:
            found = (
                sorted(breached.read_plain(lines))
                if plain
                else breached.read_hashes(lines, least_count=least_count)
            )
            count = breached.write(found, target)
    except (ValueError, OSError) as error:
        fail(f"nothing was imported: {error}")
    size = target.stat().st_size
    done = {"act": "import", "passwords": count, "file": str(target), "bytes": size}
    say_done(f"{count:,} passwords in {target} ({size:,} bytes).", done, as_json=as_json)
