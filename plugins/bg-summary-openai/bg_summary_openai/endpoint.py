"""The endpoint, spoken to by the openai client. Importing this module imports the client, which takes a second."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from json import JSONDecodeError
from types import MappingProxyType
from typing import Any

import httpx2
import openai

from bg_graph.plugins.errors import Rejected, Unavailable
from bg_summary_openai.draft import LONGEST_ANSWER
from bg_summary_openai.faults import Lost, fault_of_status
from bg_summary_openai.prompt import Question
from bg_summary_openai.settings import Form, OpenAISettings

_NO_FORM: Mapping[str, Any] = MappingProxyType({})
_BROKEN = ("BROKEN_ANSWER", "the model's answer could not be read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    content: object
    """The text; anything else is a fault of the endpoint."""
    finish: object
    """Why the model stopped."""
    refused: bool
    """The model says that it will not answer."""
    model: object
    """The model that answered, by the endpoint's own words."""
    tokens_in: int | None
    tokens_out: int | None


class Endpoint:
    """An OpenAI-compatible endpoint."""

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        # What the client would take out of the environment belongs to somebody else.
        unset = {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit}
        self._headers: Any = unset if key else {**unset, "Authorization": openai.omit}
        patience = httpx2.Timeout(settings.timeout, connect=settings.connect_timeout)
        self._client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=settings.base_url,
            timeout=patience,
            max_retries=0,  # ours are told apart by their cause
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=patience),
        )

    async def ask(self, question: Question, form: Form, *, proved: bool) -> Reply:
        """Ask once. Raises FormRefused where it is the form that the endpoint seems not to know."""
        async with self._told(form, proved):
            answer = await self._client.chat.completions.create(
                **self._body(question, form), extra_headers=self._headers
            )
            with _read():
                return await _streamed(answer) if self._settings.stream else _whole(answer)

    async def models(self) -> list[str]:
        """Names of the models that the endpoint lists."""
        async with self._told(Form.TEXT, True):
            listed = await self._client.models.list(extra_headers=self._headers)
            with _read():
                return [str(each.id) for each in listed.data or []]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _body(self, question: Question, form: Form) -> dict[str, Any]:
        settings = self._settings
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": [dict(each) for each in question.messages],
            settings.max_tokens_name: settings.max_tokens,
            **_response_format(form, question),
        }
        if settings.temperature != "default":
            body["temperature"] = settings.temperature
        if settings.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body

    @asynccontextmanager
    async def _told(self, form: Form, proved: bool) -> AsyncIterator[None]:
        """The client's errors as those of the contract; within the time for one answer."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                yield
        except openai.APIStatusError as fault:
            raise fault_of_status(fault.status_code, fault.response.headers, fault.code, form, proved) from None
        except (openai.APITimeoutError, TimeoutError) as fault:
            raise _late(fault, self._settings.timeout) from None
        except openai.APIConnectionError as fault:
            raise _unreached(fault.__cause__) from None
        except httpx2.TransportError:
            raise Lost("the connection broke in the middle of the answer") from None
        except (openai.OpenAIError, JSONDecodeError, UnicodeDecodeError):
            raise Rejected(*_BROKEN) from None


@contextmanager
def _read() -> Iterator[None]:
    """The client builds what it was sent without looking at it: any part may be missing, or be something else."""
    try:
        yield
    except (AttributeError, TypeError, IndexError, KeyError):
        raise Rejected(*_BROKEN) from None


def _late(fault: Exception, seconds: float) -> Unavailable:
    if isinstance(fault.__cause__, httpx2.ConnectTimeout):
        return Unavailable("the endpoint can't be reached")
    return Lost(f"the endpoint gave no answer within {seconds:g} seconds")


def _unreached(cause: BaseException | None) -> Unavailable:
    if isinstance(cause, httpx2.ConnectError):
        return Unavailable("the endpoint can't be reached")
    return Lost("the connection broke before the answer")


def _response_format(form: Form, question: Question) -> Mapping[str, Any]:
    if form is Form.TEXT:
        return _NO_FORM
    if form is Form.JSON_OBJECT:
        return {"response_format": {"type": "json_object"}}
    schema = {"name": "summary", "strict": True, "schema": question.schema}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _whole(answer: Any) -> Reply:
    choice, usage = answer.choices[0], answer.usage
    return Reply(
        content=choice.message.content,
        finish=choice.finish_reason,
        refused=bool(choice.message.refusal),
        model=answer.model,
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
    )


async def _streamed(pieces: Any) -> Reply:
    """A streamed answer, put together. One that ends without saying why was cut off."""
    parts: list[str] = []
    length = 0
    finish, refused, model, usage = None, False, None, None
    async with pieces:
        async for piece in pieces:
            model, usage = piece.model or model, piece.usage or usage
            for choice in piece.choices[:1]:
                parts.append(choice.delta.content or "")
                length += len(parts[-1])
                refused, finish = refused or bool(choice.delta.refusal), choice.finish_reason or finish
            if length > LONGEST_ANSWER:
                raise Rejected("TOO_LONG", "the model's answer is too long")
    if finish is None:
        raise Lost("the connection broke in the middle of the answer")
    return Reply(
        content="".join(parts),
        finish=finish,
        refused=refused,
        model=model,
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int | None:
    count = getattr(usage, name, None)
    return count if isinstance(count, int) and count >= 0 else None
