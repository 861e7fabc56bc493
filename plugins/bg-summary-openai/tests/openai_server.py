"""A server on 127.0.0.1 that speaks chat completions, and whose model writes what a test tells it to. Plain asyncio."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

SLOTS = re.compile(r"^\{([a-z0-9_.]+)\} reads: (.*)$", re.MULTILINE)
KINDS = re.compile(r"^The highlight ([A-Z_]+) names all of these, in this order: (.*)$", re.MULTILINE)
BULLETS = re.compile(r"^At least one bullet tells .*, by any of these: (.*)$", re.MULTILINE)
Writer = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Answer:
    """What the server does with one question."""

    content: Any = "{}"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    finish: str | None = "stop"
    refusal: str | None = None
    usage: tuple[int, int] | None = (100, 50)
    cut: str | None = None
    """head: the connection ends before the status; body: in the middle of the body."""
    wait: float = 0.0
    raw: bytes | None = None
    """The whole body, in place of an answer."""
    model: Any = "little-1"
    piece: int = 7
    """Characters of a piece of a stream."""


@dataclass
class Spoken:
    """A running server: what it was asked, and how it answers."""

    answer: Callable[[dict[str, Any]], Answer]
    url: str = ""
    key: str | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """The questions, byte for byte."""
    aborted: int = 0
    """Connections that the client closed while it waited for an answer."""

    @property
    def forms(self) -> list[str]:
        """The forms of answers that were asked for, in order."""
        return [each.get("response_format", {}).get("type", "text") for each in self.questions]


def asked_slots(question: dict[str, Any]) -> dict[str, str]:
    """The slots of a question with what they read."""
    return dict(SLOTS.findall(question["messages"][1]["content"]))


def honest(question: dict[str, Any], opener: str = "") -> str:
    """What a good model writes, each sentence beginning with the same words."""
    slots = asked_slots(question)
    prompt = question["messages"][1]["content"]
    name = next(each for each in slots if each.endswith(".name"))
    text = [opener + sentence(name, each) for each in own_values(slots)[:3]] or [opener + sentence(name)]
    told = [re.findall(r"\{([a-z0-9]+)\}", listed)[0] for listed in BULLETS.findall(prompt)]
    more = [each for each in slots if "." not in each and each not in told] if told else []
    bullets = [opener + sentence(name, each) for each in (*told, *more)][:4]
    highlights = {kind: f"{opener}{listed}." for kind, listed in KINDS.findall(prompt)}
    return json.dumps({"text": text, "bullets": bullets, "highlights": highlights})


def sentence(*slots: str) -> str:
    """A sentence of slots."""
    return " ".join(f"{{{each}}}" for each in slots) + "."


def own_values(slots: dict[str, str]) -> list[str]:
    """The slots that are values of the subject."""
    own = next(iter(slots)).split(".")[0]
    return [each for each in slots if each.startswith(f"{own}.") and not each.endswith(".name")]


def saying(writer: Writer, **given: Any) -> Callable[[dict[str, Any]], Answer]:
    """A server whose model always writes so."""
    return lambda question: Answer(content=writer(question), **given)


@asynccontextmanager
async def speaking(answer: Callable[[dict[str, Any]], Answer] | None = None) -> AsyncIterator[Spoken]:
    """A server for a test."""
    spoken = Spoken(answer or saying(honest))

    served: dict[asyncio.StreamWriter, asyncio.Task[Any] | None] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served[writer] = asyncio.current_task()
        try:
            while await _served(spoken, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            del served[writer]

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    spoken.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield spoken
    finally:
        server.close()
        under_way = dict(served)
        for writer in under_way:
            writer.transport.abort()
        await asyncio.wait(
            [task for task in under_way.values() if task] or [asyncio.ensure_future(asyncio.sleep(0))], timeout=5
        )


@contextmanager
def speaking_in_a_thread(answer: Callable[[dict[str, Any]], Answer] | None = None) -> Iterator[Spoken]:
    """A server on a loop of its own, for whoever has none or several."""
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[Spoken] = []

    async def serve() -> None:
        async with speaking(answer) as spoken:
            found.append(spoken)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(5)
        loop.close()


async def _served(spoken: Spoken, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    spoken.heads.append(head)
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(length.group(1))) if length else b""
    if spoken.key and f"authorization: bearer {spoken.key}\r\n" not in head.lower():
        return await _written(writer, 401, (), json.dumps({"error": {"message": "Wrong key sk-secret"}}).encode())
    if head.startswith("GET"):
        return await _written(writer, 200, (), json.dumps({"object": "list", "data": [{"id": "little"}]}).encode())
    question = json.loads(body)
    spoken.bodies.append(body)
    spoken.questions.append(question)
    return await _answered(spoken, spoken.answer(question), question, reader, writer)


async def _answered(
    spoken: Spoken, answer: Answer, question: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    if answer.wait:
        waiting = asyncio.ensure_future(reader.read(1))
        done, _ = await asyncio.wait({waiting}, timeout=answer.wait)
        if done:
            spoken.aborted += 1
            return False
        waiting.cancel()
    if answer.cut == "head":
        return False
    if answer.raw is not None:
        return await _written(writer, answer.status, answer.headers, answer.raw)
    if answer.status != 200:
        fault = {"error": {"message": "no", "code": answer.content if isinstance(answer.content, str) else None}}
        return await _written(writer, answer.status, answer.headers, json.dumps(fault).encode())
    if question.get("stream"):
        return await _streamed(writer, answer)
    whole = json.dumps(completion(answer)).encode()
    return await _written(writer, 200, answer.headers, whole, cut=answer.cut == "body")


def completion(answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer.content, "refusal": answer.refusal}
    choice = {"index": 0, "message": message, "finish_reason": answer.finish}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": answer.model,
        "choices": [choice],
        **usage(answer),
    }


def usage(answer: Answer) -> dict[str, Any]:
    if answer.usage is None:
        return {}
    read, wrote = answer.usage
    return {"usage": {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}}


async def _written(
    writer: asyncio.StreamWriter, status: int, headers: tuple[tuple[str, str], ...], body: bytes, *, cut: bool = False
) -> bool:
    given = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{given}\r\n"
    writer.write(head.encode() + (body[: len(body) // 2] if cut else body))
    await writer.drain()
    return not cut


async def _streamed(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Server-sent events, chunked; cut off in the middle where the answer says so."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    content = answer.content if isinstance(answer.content, str) else ""
    parts = [content[at : at + answer.piece] for at in range(0, len(content), answer.piece)]
    pieces: list[dict[str, Any]] = [{"delta": {"content": part}, "finish_reason": None} for part in parts]
    pieces.append({"delta": {"refusal": answer.refusal}, "finish_reason": answer.finish})
    for place, piece in enumerate(pieces):
        if answer.cut and place == len(pieces) // 2:
            if answer.cut == "end":
                break
            return False
        await _event(writer, {"choices": [{"index": 0, **piece}]}, answer)
    if answer.cut != "end":
        await _event(writer, {"choices": [], **usage(answer)}, answer)
        await _chunk(writer, b"data: [DONE]\n\n")
    await _chunk(writer, b"")
    return True


async def _event(writer: asyncio.StreamWriter, piece: dict[str, Any], answer: Answer) -> None:
    whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": answer.model, **piece}
    await _chunk(writer, f"data: {json.dumps(whole)}\n\n".encode())


async def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()
