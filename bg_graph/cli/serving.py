"""Serving: the address is taken first, so that a taken one is told before anything is begun."""

import logging
import os
import socket
import sys
from ipaddress import ip_address

import uvicorn

from bg_graph.app import create_app
from bg_graph.cli.faults import Failure
from bg_graph.settings import Settings
from bg_graph.web.logs import configure_logs
from bg_graph.web.transport import TransportOptions, uvicorn_config

TURN = 0.0005
"""Seconds after which a thread that computes gives way to another. With Python's 5 ms, a plugin that computes in its thread
without end holds requests up 6 to 12 times as long as they take; so 2 times (benchmarks/chaos), and nothing is lost."""


def take_address(settings: Settings) -> socket.socket:
    """Listen where the settings say. Raises Failure where that address is taken or not ours."""
    server = settings.server
    try:
        return socket.create_server((server.host, server.port), family=_family(server.host), backlog=2048)
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno and fault.errno > 0 else fault
        remedy = "Choose another port with --port (0 takes any free one), or stop the program that has it."
        raise Failure(f"{server.host}:{server.port} can't be served on: {reason}", remedy) from None


def address_of(settings: Settings, taken: socket.socket) -> str:
    """Where people reach the server."""
    host, port = taken.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return settings.server.base_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(settings: Settings, taken: socket.socket) -> None:
    """Serve until the process is told to stop; requests under way are given their grace."""
    configure_logs(settings.logging.format, settings.logging.level)
    for name in ("alembic", "uvicorn.error"):  # a look at the revision would be two lines, a start four
        logging.getLogger(name).setLevel(logging.WARNING)
    options = TransportOptions(
        shutdown_timeout=round(settings.server.shutdown_grace),
        max_message=settings.limits.max_body,
        write_timeout=settings.live.patience,
    )
    # With port 0 the system chooses: the links in e-mails name the port that it chose.
    server = settings.server.model_copy(update={"port": taken.getsockname()[1]})
    bound = settings.model_copy(update={"server": server})
    sys.setswitchinterval(TURN)
    uvicorn.Server(uvicorn_config(create_app(bound), options)).run(sockets=[taken])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
