"""Calls of Marketo's REST API: paced, with a token, repeated where that is safe, their errors told in those of the contract."""

import asyncio
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from bg_email_marketo.codes import EXPLAINED, Meaning, meaning_of, meaning_of_status
from bg_email_marketo.identity import Identity, Token
from bg_email_marketo.pace import Clock, DayQuota, Pace, share, system_clock
from bg_email_marketo.settings import MarketoSettings
from bg_email_marketo.transport import Exchange, NoAnswer, NotSent, Transport
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable

LONGEST_ADDRESS = 7_000
"""Characters of an address; a longer question is asked in the body (Marketo takes 8 KB and answers 414)."""
LARGEST_BODY = 1_000_000
"""Bytes of a body; Marketo answers 413 to a larger one."""
SOON, MUCH_LATER = 20.0, 3600.0
"""Seconds after which a call that found Marketo busy, or a queue full, is worth another try."""
USAGE_EACH = 200
"""Calls of ours after which Marketo is asked how many everybody has made today."""
USAGE = "/rest/v1/stats/usage.json"

Value = str | int | bool | Sequence[str | int]
"""A parameter; several values are parted by commas."""
_SHOWN = re.compile(r"[A-Za-z0-9#_.:-]{1,60}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question or command."""

    path: str
    """Below the endpoint, such as `/rest/v1/leads.json`."""
    method: str = "GET"
    query: Mapping[str, Value] = field(default_factory=dict)
    body: object = None
    """Sent as JSON."""
    form: Mapping[str, Value] | None = None
    """Sent as a form, where there is no body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    acts: bool = False
    """Whether it does something that must not be done twice."""
    plain: bool = False
    """Whether the answer is a file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Marketo answered with success."""

    body: Mapping[str, Any]

    @property
    def result(self) -> Sequence[Mapping[str, Any]]:
        """The records; none where there are none, as with "No assets found"."""
        found = self.body.get("result")
        return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []

    @property
    def next_token(self) -> str | None:
        """Where the next page begins."""
        found = self.body.get("nextPageToken")
        return found if isinstance(found, str) and found else None

    @property
    def more(self) -> bool:
        """Whether Marketo says that there is more; a page may be empty all the same."""
        return self.body.get("moreResult") is True

    @property
    def request_id(self) -> str:
        """Marketo's id of the request, by which its support finds it."""
        return shown(self.body.get("requestId"))


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an attempt came to nothing."""

    meaning: Meaning
    code: str
    request_id: str = ""


class Api:
    """The REST API of one subscription."""

    def __init__(self, settings: MarketoSettings, clock: Clock = system_clock) -> None:
        self._settings = settings
        ours = share(settings.at_once, settings.leave_for_others)
        self._transport = Transport(
            connect_timeout=settings.connect_timeout, timeout=settings.timeout, connections=ours
        )
        self.identity = Identity(settings, self._transport)
        self.quota = DayQuota(settings.daily_calls, settings.leave_for_others, clock)
        self._pace = Pace(share(settings.calls_per_window, settings.leave_for_others), ours)
        self._to_usage = 0
        self._asking_usage = asyncio.Lock()

    async def ask(self, call: Call) -> Answer:
        """The answer to a call.

        Raises Unavailable, Misconfigured or Rejected (whose code is Marketo's); OutcomeUnknown only for a call that acts.
        """
        found = await self._tried(call)
        assert isinstance(found, Answer)
        return found

    async def file(self, call: Call) -> bytes:
        """The answer to a call for a file. Raises as `ask` does."""
        found = await self._tried(call)
        assert isinstance(found, bytes)
        return found

    async def close(self) -> None:
        """Close the connections. May be called twice."""
        await self._transport.close()

    async def _tried(self, call: Call) -> Answer | bytes:
        await self._look_at_usage()
        request = _request(self._settings.base, call)
        failure = _Failure(Meaning.NOTHING_RAN, "NOT_TRIED")
        for attempt in range(self._settings.attempts):
            if attempt:
                # Jitter, so that several processes that were turned away do not come back together.
                await asyncio.sleep(self._settings.pause * 2 ** (attempt - 1) * random.uniform(1, 1.5))  # noqa: S311
            found = await self._with_token(call, request)
            if not isinstance(found, _Failure):
                return found
            failure = found
            repeatable = failure.meaning is Meaning.NOTHING_RAN or (failure.meaning is Meaning.UNSURE and not call.acts)
            if not repeatable:
                break
        raise self._error(failure, acts=call.acts)

    async def _with_token(self, call: Call, request: httpx.Request) -> Answer | bytes | _Failure:
        """One attempt; where the token is not taken, once more with a new one."""
        token = await self.identity.token()
        found = await self._once(call, request, token)
        if isinstance(found, _Failure) and found.meaning is Meaning.TOKEN:
            found = await self._once(call, request, await self.identity.renewed(token))
        return found

    async def _once(self, call: Call, request: httpx.Request, token: Token) -> Answer | bytes | _Failure:
        async with self._pace.turn():
            if self.quota.left() < 1:
                return _Failure(Meaning.QUOTA, "607")
            self.quota.count()
            sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
            sent.headers["Authorization"] = f"Bearer {token.text}"
            try:
                exchange = await self._transport.exchange(sent)
            except NotSent:
                return _Failure(Meaning.NOTHING_RAN, "NO_CONNECTION")
            except NoAnswer:
                return _Failure(Meaning.UNSURE, "NO_ANSWER")
        found = _read(exchange, plain=call.plain)
        if isinstance(found, _Failure) and found.meaning is Meaning.QUOTA:
            self.quota.spend()
        return found

    def _error(self, failure: _Failure, *, acts: bool) -> ProviderError:
        request = f"; request {failure.request_id}" if failure.request_id else ""
        text = f"{EXPLAINED[failure.meaning]} ({failure.code}{request})"
        match failure.meaning:
            case Meaning.TOKEN | Meaning.FORBIDDEN:
                return Misconfigured(text)
            case Meaning.UNSURE if acts:
                return OutcomeUnknown(text)
            case Meaning.UNSURE | Meaning.NOTHING_RAN:
                return Unavailable(text, retry_after=SOON if failure.code == "606" else None)
            case Meaning.QUOTA:
                return Unavailable(text, retry_after=self.quota.seconds_to_reset())
            case Meaning.LATER:
                return Unavailable(text, retry_after=MUCH_LATER)
        return Rejected(failure.code, text)

    async def _look_at_usage(self) -> None:
        """Now and then, how many calls everybody has made today. Where Marketo does not tell, our own are counted alone."""
        self._to_usage -= 1
        if self._to_usage >= 0 or self._asking_usage.locked():
            return
        async with self._asking_usage:
            self._to_usage = USAGE_EACH
            call = Call(path=USAGE)
            found = await self._with_token(call, _request(self._settings.base, call))
            if isinstance(found, Answer) and found.result:
                total = found.result[0].get("total")
                if isinstance(total, int):
                    self.quota.used(total)


def shown(given: object) -> str:
    """A code or id of Marketo's that may be shown; empty where it is none."""
    text = str(given) if isinstance(given, str | int) else ""
    return text if _SHOWN.match(text) else ""


def _request(base: str, call: Call) -> httpx.Request:
    query, form = call.query, call.form
    address = f"{base}{call.path}" + (f"?{_encoded(query)}" if query else "")
    method = call.method
    if method == "GET" and len(address) > LONGEST_ADDRESS:
        method, form, address = "POST", query, f"{base}{call.path}?_method=GET"
    headers = {"Accept": "*/*" if call.plain else "application/json", **call.headers}
    content = b""
    if call.body is not None:
        content, headers["Content-Type"] = json.dumps(call.body).encode(), "application/json"
    elif form is not None:
        content, headers["Content-Type"] = _encoded(form).encode(), "application/x-www-form-urlencoded"
    if len(content) > LARGEST_BODY:
        raise Rejected("413", f"the request is longer than the {LARGEST_BODY} bytes that Marketo takes")
    return httpx.Request(method, address, headers=headers, content=content)


def _encoded(values: Mapping[str, Value]) -> str:
    return urlencode({name: _text(value) for name, value in values.items()})


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else ",".join(str(each) for each in value)


def _read(exchange: Exchange, *, plain: bool) -> Answer | bytes | _Failure:
    """What an exchange gave. A body that can't be read leaves open whether the call ran."""
    if exchange.status not in (200, 206):
        return _Failure(meaning_of_status(exchange.status), str(exchange.status))
    body = _body(exchange.body)
    if body is None:
        return exchange.body if plain else _Failure(Meaning.UNSURE, "UNREADABLE")
    return Answer(body) if body["success"] else _failure(body)


def _body(text: bytes) -> dict[str, Any] | None:
    """An answer as Marketo gives it, with success told; None where it is something else."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and isinstance(body.get("success"), bool) else None


def _failure(body: Mapping[str, Any]) -> _Failure:
    match body.get("errors"):
        case [{"code": found}, *_]:
            code = shown(found) or "NO_CODE"
        case _:
            code = "NO_CODE"
    return _Failure(meaning_of(code), code, shown(body.get("requestId")))
