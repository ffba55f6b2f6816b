"""`catchup openapi`: the API's description, without a running server."""

import json

import click


@click.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document.

    \b
    Example:
      catchup openapi > catchup.json
    """
    from server.app import create_app
    from server.config import Settings
    from server.openapi import document

    click.echo(json.dumps(document(create_app(Settings())), indent=2, ensure_ascii=False))
