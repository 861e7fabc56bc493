"""A small schema and a real server on a free port, for the tests of the served layer."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import strawberry
import uvicorn
from strawberry.permission import BasePermission

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.web.options import WebOptions
from bg_graph.web.server import build_web
from bg_graph.web.transport import TransportOptions, uvicorn_config

TOKEN = "toy-token"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
SECRET = "SELECT secret FROM vault"


class Never(BasePermission):
    message = "You may not see this."

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return False


@strawberry.input
class Filter:
    all: list["Filter"] | None = None
    name: str | None = None


@strawberry.type
class Item:
    name: str

    @strawberry.field
    def children(self) -> list["Item"]:
        return [Item(name=f"{self.name}.{n}") for n in range(3)]

    @strawberry.field
    def parent(self) -> "Item":
        return Item(name="parent")


@strawberry.type
class ItemEdge:
    node: Item


@strawberry.type
class ItemConnection:
    edges: list[ItemEdge]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "world"

    @strawberry.field
    def item(self) -> Item:
        return Item(name="one")

    @strawberry.field
    def items(self, first: int = 20) -> ItemConnection:
        return ItemConnection(edges=[ItemEdge(node=Item(name=str(n))) for n in range(first)])

    @strawberry.field
    def by_ids(self, ids: list[strawberry.ID]) -> list[Item]:
        return [Item(name=i) for i in ids]

    @strawberry.field
    def echo(self, text: str = "", number: int = 0, where: Filter | None = None) -> str:
        return f"{text}{number}"

    @strawberry.field
    def caller(self, info: strawberry.Info) -> str:
        return str(info.context.caller)

    @strawberry.field
    def breaks(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def refuses(self) -> str | None:
        raise Coded(ErrorCode.FORBIDDEN, "Only admins may ask this.", {"right": "admin"})

    @strawberry.field(permission_classes=[Never])
    def denied(self) -> str | None:
        return "never"

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    async def slow(self, info: strawberry.Info, seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            info.context.world.cancelled.set()
            raise
        return "done"

    @strawberry.field
    async def size(self, kilobytes: int) -> str:
        return "x" * kilobytes * 1024


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: strawberry.Info, to: int, breaks: bool = False) -> AsyncIterator[int]:
        try:
            for n in range(to):
                yield n
                await asyncio.sleep(0.001)
            if breaks:
                raise RuntimeError(SECRET)
        finally:
            info.context.world.ended.set()

    @strawberry.subscription
    async def flood(self, info: strawberry.Info, kilobytes: int) -> AsyncIterator[str]:
        """As fast as the client takes it, and without an end."""
        try:
            while True:
                info.context.world.flooded += 1
                yield "x" * kilobytes * 1024
        finally:
            info.context.world.ended.set()

    @strawberry.subscription
    async def quiet(self, info: strawberry.Info) -> AsyncIterator[int]:
        """One value, then nothing until `speak` is set."""
        try:
            yield 0
            while not info.context.world.speak.is_set():
                await asyncio.sleep(0.01)
            yield 1
        finally:
            info.context.world.ended.set()


schema = strawberry.Schema(Query, Mutation, Subscription)


@dataclass
class World:
    """What tests can see of the inside: a port, and events; and what they can turn: whose token the one token is."""

    port: int = 0
    tester: str | None = "tester"
    lookup_fails: bool = False
    followers: set[Callable[[], None]] = field(default_factory=set)
    problem: str | None = None
    started: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    speak: threading.Event = field(default_factory=threading.Event)
    flooded: int = 0
    loop: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        body = {"query": query, "variables": variables}
        accept = {"accept": "application/graphql-response+json"}
        return httpx.post(self.url + "/graphql", json=body, headers={**AUTHORIZED, **accept, **headers}, timeout=60)

    def rights_changed(self) -> None:
        """As when the product hears that a token was revoked."""
        for wake in tuple(self.followers):
            self.loop.call_soon_threadsafe(wake)

    def code(self, query: str, variables: dict[str, Any] | None = None) -> str:
        return code_of(self.post(query, variables))


@dataclass
class Context:
    world: World
    caller: str


def code_of(response: httpx.Response) -> str:
    return response.json()["errors"][0]["extensions"]["code"]


@contextmanager
def served(options: WebOptions | None = None, transport: dict[str, Any] | None = None, **parts: Any) -> Iterator[World]:
    """A toy product served by uvicorn in a thread, stopped at the end."""
    world = World()

    async def authenticate(token: str | None) -> str | None:
        if token == "expired":
            raise Coded(ErrorCode.UNAUTHENTICATED, "The token expired yesterday.")
        if world.lookup_fails:
            raise ConnectionError("no database")
        return world.tester if token == TOKEN else None

    @contextmanager
    def follow(caller: object, wake: Callable[[], None]) -> Iterator[None]:
        world.loop = asyncio.get_running_loop()
        world.followers.add(wake)
        try:
            yield
        finally:
            world.followers.remove(wake)

    @asynccontextmanager
    async def make_context(caller: str) -> AsyncIterator[Context]:
        if world.problem is not None:
            raise Coded("DATABASE_AWAY", world.problem)
        yield Context(world, caller)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        world.started.set()
        yield
        world.stopped.set()

    async def database() -> str | None:
        return world.problem

    parts = {"readiness": {"database": database}, "lifespan": lifespan, "follow": follow, **parts}
    app = build_web(schema, authenticate, make_context, options or WebOptions(), **parts)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        world.port = listener.getsockname()[1]
        config = uvicorn_config(app, TransportOptions(port=0, shutdown_timeout=2, **(transport or {})))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        assert server.started
        try:
            yield world
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()


def raw(port: int, data: bytes, wait: float = 5.0) -> bytes:
    """Everything that the server answers to these bytes until it closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        connection.sendall(data)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except (TimeoutError, ConnectionResetError):
            pass
        return received
