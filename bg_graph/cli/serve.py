"""`bg-graph serve`: the API, the GraphiQL page, and the daily jobs."""

import asyncio
from typing import Annotated

import typer

from bg_graph.cli.installation import migrated, settings_of
from bg_graph.cli.serving import address_of, serve, take_address
from bg_graph.settings import Settings

app = typer.Typer(add_completion=False)


@app.command("serve")
def serve_product(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.")] = None,
) -> None:
    """Serve the API at /graphql, the GraphiQL page at /, /healthz, /readyz and /metrics, and run the daily jobs."""
    settings = settings_of(context, with_plugins=True, server_host=host, server_port=port)
    asyncio.run(_check(settings))
    taken = take_address(settings)
    typer.echo(f"Serving {address_of(settings, taken)} (Ctrl+C stops it)")
    serve(settings, taken)


async def _check(settings: Settings) -> None:
    async with migrated(settings):
        pass
