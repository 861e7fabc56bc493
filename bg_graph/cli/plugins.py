"""`bg-graph plugins`: what is installed and whether it works, and the skeleton of a new plugin."""

from pathlib import Path
from typing import Annotated

import typer

from bg_graph.cli.scaffold import License, Made, write_skeleton

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Plugins: list, show, examine, begin a new one.")


@app.callback()
def plugins() -> None:
    """List and examine plugins; begin a new one."""


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Name of the plugin, such as acme-mail.")],
    capability: Annotated[Made, typer.Option(help="What it is to serve.")],
    into: Annotated[Path, typer.Option(help="Folder in which the package is made.")] = Path(),
    license_: Annotated[License, typer.Option("--license", help="License of the package.")] = License.APACHE,
    author: Annotated[str | None, typer.Option(help="Who holds the copyright.")] = None,
) -> None:
    """Write a package with a small provider that works, its settings, and a test that passes at once."""
    folder = write_skeleton(name, capability, into=into, license_=license_, author=author)
    typer.echo(f"{folder} is a plugin that works. Next:")
    typer.echo(f"  cd {folder}")
    typer.echo("  pip install -e '.[test]'")
    typer.echo("  pytest")
