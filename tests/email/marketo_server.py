"""A small Marketo of our own on a real socket: it keeps leads, e-mails, campaigns and activities, and fails when it is told to.

Written from the facts that the plugin's README lists; no code or data of Marketo's.
"""

import asyncio
import csv
import itertools
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "client-3f9a", "a-very-secret-secret"
TRIGGER = "trigger"
ACTIVITY_COLUMNS = (
    "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "primaryAttributeValueId",
    "primaryAttributeValue", "attributes",
)  # fmt: skip
NAMES = {6: "Send Email", 7: "Email Delivered", 8: "Email Bounced", 27: "Email Bounced Soft", 9: "Unsubscribe Email"}
NAMES |= {10: "Open Email", 11: "Click Email", 1: "Visit Webpage"}


@dataclass
class Fault:
    """What one call gets instead of its answer."""

    code: str = ""
    status: int = 200
    does_it: bool = False
    """Whether the call runs all the same."""
    silent: float = 0.0
    """Seconds before anything is said."""
    body: bytes | None = None
    cut: bool = False
    """The connection ends amid the answer."""


@dataclass
class Marketo:
    """The subscription's content, what was asked of it, and what is to fail."""

    url: str = ""
    leads: dict[int, dict[str, Any]] = field(default_factory=dict)
    emails: dict[int, dict[str, Any]] = field(default_factory=dict)
    designed: list[dict[str, Any]] = field(default_factory=list)
    programs: dict[int, str] = field(default_factory=dict)
    folders: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    """Parent of each folder."""
    campaigns: dict[int, dict[str, Any]] = field(default_factory=dict)
    sends: dict[int, int] = field(default_factory=dict)
    """Which e-mail each campaign sends."""
    activities: list[dict[str, Any]] = field(default_factory=list)
    exports: dict[str, dict[str, Any]] = field(default_factory=dict)
    export_ends: deque[str] = field(default_factory=deque)
    """Status in which the next exports end; none: Completed."""
    samples: list[dict[str, str]] = field(default_factory=list)
    triggered: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and parameters of each call of the API."""
    raw: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Each request as it came: method, address, headers, body."""
    queries: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    """Those that are taken."""
    given: int = 0
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    """By the last part of the path."""
    begun: list[float] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0
    delay: float = 0.0
    lives: int = 3600
    used_today: int = 0
    writes_down: bool = True
    """Whether a trigger shows among the activities."""
    names: dict[int, str] = field(default_factory=lambda: dict(NAMES))
    """Of the activity types."""
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    def lead(self, address: str, **more: Any) -> int:
        lead = {"id": next(self.ids), "email": address, "unsubscribed": False, "emailInvalid": False} | more
        self.leads[lead["id"]] = lead
        return lead["id"]

    def email(self, name: str = "Spring offer", *, workspace: str = "Default", folder: Any = None, **more: Any) -> str:
        email_id = next(self.ids)
        self.emails[email_id] = {
            "id": email_id, "name": name, "workspace": workspace, "status": "approved",
            "folder": folder or {"id": 1, "type": "Folder"}, "subject": {"type": "Text", "value": f"About {name}"},
            "createdAt": "2026-11-01T08:00:00Z+0000", "updatedAt": "2026-11-02T08:00:00Z+0000", "operational": False,
        } | more  # fmt: skip
        return str(email_id)

    def campaign(self, name: str, *, sends: str = "0", workspace: str = "Default", **more: Any) -> int:
        campaign = next(self.ids)
        self.campaigns[campaign] = {
            "id": campaign, "name": name, "workspace": workspace, "isActive": True, "isRequestable": True,
            "type": "trigger", "folder": {"id": 1, "type": "Folder"},
        } | more  # fmt: skip
        self.sends[campaign] = int(sends)
        return campaign

    def fails(self, path: str, *faults: Fault) -> None:
        self.faults.setdefault(path, deque()).extend(faults)

    def activity(self, lead: int, kind: int, *, asset: Any = None, campaign: int | None = None, **more: Any) -> None:
        at = more.pop("at", None) or datetime.now(UTC)
        record = {"marketoGUID": f"guid-{next(self.ids)}", "leadId": lead, "activityTypeId": kind, "attributes": []}
        record |= {"activityDate": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "primaryAttributeValueId": asset}
        record |= {} if campaign is None else {"campaignId": campaign}
        self.activities.append(record | more)

    def sent_to(self, lead: int) -> int:
        """How often a lead was in a trigger that ran."""
        return sum(each["id"] == lead for trigger in self.triggered for each in trigger["leads"])

    def forget(self) -> None:
        """What was asked so far."""
        for kept in (self.triggered, self.activities, self.calls, self.raw, self.queries, self.headers, self.begun):
            kept.clear()

    def count(self, end: str) -> int:
        return sum(path.endswith(end) for _, path, _ in self.calls)

    def counts(self) -> Counter[str]:
        return Counter(path for _, path, _ in self.calls)


def said(result: Any = None, **more: Any) -> JSONResponse:
    body = {"requestId": f"a1b2#{id(more):x}", "success": True, **more}
    return JSONResponse(body if result is None else body | {"result": result})


def failed(code: str) -> JSONResponse:
    # Marketo's messages may repeat what was sent: nothing of them may be shown.
    error = {"code": code, "message": f"SAID-BY-MARKETO {SECRET} ann@example.com"}
    return JSONResponse({"requestId": "a1b2#dead", "success": False, "errors": [error]})


def application(marketo: Marketo) -> Starlette:
    async def token(request: Request) -> Response:
        marketo.raw.append((request.method, f"{request.url.path}?{request.url.query}", {}, b""))
        marketo.queries.append(request.url.query)
        if fault := taken(marketo, "token"):
            await asyncio.sleep(fault.silent)
            return PlainTextResponse(fault.body or b"", fault.status)
        right = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        if dict(request.query_params) != right:
            return JSONResponse({"error": "unauthorized", "error_description": "No client"}, 401)
        marketo.given += 1
        if not marketo.tokens:
            marketo.tokens.append(f"token-{marketo.given}:sj")
        return JSONResponse(
            {"access_token": marketo.tokens[-1], "token_type": "bearer", "expires_in": marketo.lives, "scope": "api@x"}
        )

    async def api(request: Request) -> Response:
        marketo.under_way += 1
        marketo.most_at_once = max(marketo.most_at_once, marketo.under_way)
        marketo.begun.append(asyncio.get_running_loop().time())
        try:
            await asyncio.sleep(marketo.delay)
            return await answered(marketo, request)
        finally:
            marketo.under_way -= 1

    return Starlette(
        routes=[
            Route("/identity/oauth/token", token, methods=["GET", "POST"]),
            Route("/{path:path}", api, methods=["GET", "POST"]),
        ]
    )


async def answered(marketo: Marketo, request: Request) -> Response:
    path = request.url.path
    parameters = dict(request.query_params)
    marketo.queries.append(request.url.query)
    marketo.headers.append(dict(request.headers))
    posted = await request.body()
    marketo.raw.append((request.method, f"{path}?{request.url.query}", dict(request.headers), posted))
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        parameters |= dict(parse_qsl(posted.decode()))
    marketo.calls.append((request.method, path, parameters))
    fault = taken(marketo, path.removesuffix(".json").rsplit("/", 1)[-1])
    if fault and not fault.does_it:
        return await spoiled(fault)
    if request.headers.get("authorization") not in [f"Bearer {each}" for each in marketo.tokens]:
        return failed("601")
    answer = ANSWERS[place_of(path)](marketo, path, parameters, posted)
    return await spoiled(fault) if fault else answer


async def spoiled(fault: Fault) -> Response:
    await asyncio.sleep(fault.silent)
    if fault.cut:
        return Response(b"{", headers={"content-length": "1000"})
    if fault.body is not None or fault.status != 200:
        return Response(fault.body or b"", fault.status)
    return failed(fault.code)


def taken(marketo: Marketo, name: str) -> Fault | None:
    waiting = marketo.faults.get(name)
    return waiting.popleft() if waiting else None


def place_of(path: str) -> str:
    return "/".join(
        "*" if part.split(".")[0].isdecimal() or part.startswith("export-") else part for part in path.split("/")
    )


def paged(records: list[Any], parameters: dict[str, str]) -> Response:
    size, offset = min(200, int(parameters.get("maxReturn", 20))), int(parameters.get("offset", 0))
    page = records[offset : offset + size]
    if not page:
        return said(warnings=["No assets found for the given search criteria."])
    return said(page)


def emails(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    found = list(marketo.emails.values())
    if "folder" in parameters:
        folder = json.loads(parameters["folder"])
        found = [each for each in found if each["folder"] == folder]
    return paged(found, parameters)


def email(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    found = marketo.emails.get(number_in(path))
    return said([found]) if found else failed("702")


def sample(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    marketo.samples.append(parameters)
    return said([{"service": "sendTestEmail", "result": True}])


def campaigns(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    active = parameters.get("isActive") == "true"
    return paged([each for each in marketo.campaigns.values() if each["isActive"] or not active], parameters)


def program(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    number = number_in(path)
    return said([{"id": number, "name": marketo.programs[number]}] if number in marketo.programs else [])


def folder(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    number = number_in(path)
    if number not in marketo.folders:
        return failed("702")
    parent = marketo.folders[number]
    return said([{"id": number, "folderId": {"id": number, "type": "Folder"}, "name": "F", "parent": parent}])


def designed(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    size, page = int(parameters["pageSize"]), int(parameters["pageIndex"])
    found = [each for each in marketo.designed if each["appData"]["workspaceId"] == parameters["workspaceId"]]
    return said({"items": found[page * size : (page + 1) * size], "totalItems": len(found)})


def leads(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    kind, values = parameters["filterType"], parameters["filterValues"].split(",")
    if len(values) > 300:
        return failed("1003")
    lowered = {each.lower() for each in values}
    found = [each for each in marketo.leads.values() if str(each.get(kind, "")).lower() in lowered]
    start, size = int(parameters.get("nextPageToken", "p0")[1:]), min(300, int(parameters.get("batchSize", 300)))
    names = parameters["fields"].split(",")
    page = [{name: each.get(name) for name in names} for each in found[start : start + size]]
    more = {"nextPageToken": f"p{start + size}"} if len(found) > start + size else {}
    return said(page, **more)


def trigger(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    campaign, given = number_in(path), json.loads(body)["input"]
    if campaign not in marketo.campaigns:
        return failed("1013")
    if len(given["leads"]) > 100 or len(given.get("tokens", [])) > 100:
        return failed("1003")
    if any(each["id"] not in marketo.leads for each in given["leads"]):
        return failed("1004")
    marketo.triggered.append(given | {"campaign": campaign})
    for each in given["leads"] if marketo.writes_down else []:
        marketo.activity(each["id"], 6, asset=marketo.sends[campaign], campaign=campaign)
        marketo.activity(each["id"], 7, asset=marketo.sends[campaign], campaign=campaign)
    return said([{"id": campaign}])


def types(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    return said([{"id": number, "name": name} for number, name in marketo.names.items()])


def paging_token(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    return said(nextPageToken=f"{parameters['sinceDatetime']}|0")


def activities(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    since, start = parameters["nextPageToken"].split("|")
    kinds = parameters["activityTypeIds"].split(",")
    wanted = parameters.get("leadIds", "").split(",")
    if len(kinds) > 10 or len(wanted) > 30:
        return failed("1003")
    found = [
        each
        for each in marketo.activities
        if str(each["activityTypeId"]) in kinds
        and (wanted == [""] or str(each["leadId"]) in wanted)
        and datetime.fromisoformat(each["activityDate"]) >= datetime.fromisoformat(since)
    ]
    size, at = int(parameters.get("batchSize", 300)), int(start)
    more = len(found) > at + size
    page = found[at : at + size]
    return said(page, nextPageToken=f"{since}|{at + len(page)}", moreResult=more) if page else said(
        nextPageToken=f"{since}|{at}", moreResult=False
    )  # fmt: skip


def usage(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    return said([{"date": "2026-11-23", "total": marketo.used_today, "users": []}])


def create_export(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    wanted = json.loads(body)
    dates = next(iter(value for key, value in wanted["filter"].items() if key in ("createdAt", "updatedAt")))
    if datetime.fromisoformat(dates["endAt"]) - datetime.fromisoformat(dates["startAt"]) > timedelta(days=31):
        return failed("1003")
    export = f"export-{next(marketo.ids)}"
    marketo.exports[export] = {"wanted": wanted, "status": "Created", "asked": 0, "leads": "/leads/" in path}
    return said([{"exportId": export, "status": "Created", "format": "CSV"}])


def enqueue_export(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    export = path.split("/")[-2]
    marketo.exports[export]["status"] = "Queued"
    return said([{"exportId": export, "status": "Queued"}])


def export_status(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    export = marketo.exports.get(path.split("/")[-2])
    if export is None:
        return failed("1029")
    export["asked"] += 1
    if export["status"] == "Queued" and export["asked"] > 1:
        export["status"] = marketo.export_ends.popleft() if marketo.export_ends else "Completed"
        export["file"] = exported(marketo, export)
    done = {"fileSize": len(export["file"])} if export["status"] == "Completed" else {}
    return said([{"exportId": path.split("/")[-2], "status": export["status"], **done}])


def export_file(marketo: Marketo, path: str, parameters: dict[str, str], body: bytes) -> Response:
    export = marketo.exports.get(path.split("/")[-2])
    if export is None or export["status"] != "Completed":
        return failed("1003")
    asked = marketo.headers[-1]["range"].removeprefix("bytes=").split("-")
    return Response(export["file"][int(asked[0]) : int(asked[1]) + 1], 206, media_type="text/csv")


def exported(marketo: Marketo, export: dict[str, Any]) -> bytes:
    """The file of an extract, in which an empty value is the text null."""
    wanted = export["wanted"]
    (kind, dates), *_ = [each for each in wanted["filter"].items() if each[0] != "activityTypeIds"]
    start, end = datetime.fromisoformat(dates["startAt"]), datetime.fromisoformat(dates["endAt"])
    if export["leads"]:
        names, at = wanted["fields"], kind
        found = list(marketo.leads.values())
    else:
        names, at = list(ACTIVITY_COLUMNS), "activityDate"
        found = [each for each in marketo.activities if each["activityTypeId"] in wanted["filter"]["activityTypeIds"]]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for record in found:
        if start <= datetime.fromisoformat(record[at]) < end:
            cells = [json.dumps(value) if isinstance(value, dict) else value for value in map(record.get, names)]
            writer.writerow(["null" if cell is None else cell for cell in cells])
    return text.getvalue().encode()


ANSWERS: dict[str, Callable[[Marketo, str, dict[str, str], bytes], Response]] = {
    "/rest/asset/v1/emails.json": emails,
    "/rest/asset/v1/email/*": email,
    "/rest/asset/v1/email/*/sendSample.json": sample,
    "/rest/asset/v1/smartCampaigns.json": campaigns,
    "/rest/asset/v1/program/*": program,
    "/rest/asset/v1/folder/*": folder,
    "/rest/asset/v2/email/filter": designed,
    "/rest/v1/leads.json": leads,
    "/rest/v1/campaigns/*/trigger.json": trigger,
    "/rest/v1/activities/types.json": types,
    "/rest/v1/activities/pagingtoken.json": paging_token,
    "/rest/v1/activities.json": activities,
    "/rest/v1/stats/usage.json": usage,
    **{
        f"/bulk/v1/{what}/export/{step}.json": answer
        for what in ("leads", "activities")
        for step, answer in {
            "create": create_export,
            "*/enqueue": enqueue_export,
            "*/status": export_status,
            "*/file": export_file,
        }.items()
    },
}


def number_in(path: str) -> int:
    return next(int(part.split(".")[0]) for part in path.split("/") if part.split(".")[0].isdecimal())


@contextmanager
def marketo_server() -> Iterator[Marketo]:
    """The server in a thread, on a port of its own, until the `with` ends."""
    marketo = Marketo()
    config = uvicorn.Config(
        application(marketo), host="127.0.0.1", port=0, lifespan="off", log_level="error", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    marketo.url = f"http://127.0.0.1:{port}"
    try:
        yield marketo
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(5)


def settings_for(marketo: Marketo, **more: Any) -> dict[str, Any]:
    """The least settings for this server, made for quick tests."""
    quick = {"pause": 0.01, "timeout": 3.0, "calls_per_window": 100_000, "at_once": 40, "leave_for_others": 0.0}
    return {"endpoint": marketo.url, "client_id": CLIENT, "client_secret": SECRET, **quick, **more}
