"""The forms of the plugin's requests: all that it sends to a small Marketo is sent again to mock servers that check each
request against a description of the API: our own, and the public one where BG_MARKETO_DESCRIPTIONS names its folder.
"""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.email.marketo_desk import at, person
from tests.email.marketo_server import TRIGGER, Fault, Marketo, marketo_server
from tests.npm import BIN, installed

FORMS = Path(__file__).parent / "forms"
PUBLIC = ("swagger-identity.json", "swagger-asset.json", "swagger-mapi.json")
Raw = tuple[str, str, dict[str, str], bytes]
SENT = ("content-type", "authorization", "x-app-type", "accept")

pytestmark = [pytest.mark.node, pytest.mark.slow]


async def all_requests(marketo: Marketo) -> list[Raw]:
    """Each kind of request that the plugin makes, as it makes it."""
    marketo.folders, marketo.programs = {3: {"id": 5, "type": "Program"}}, {5: "Spring"}
    marketo.email("In a folder", folder={"id": 3, "type": "Folder"})
    marketo.lead("person1@example.com", sfdcContactId="003000000000001AAA")
    marketo.lead("person2@example.com")
    both: dict[str, Any] = {"designer": "both", "workspaces": {"Default": "1"}}
    own = {"campaign": 9, "tokens": {"{{my.greeting}}": "Hello"}}
    async with at(marketo, **both) as desk:
        await desk.provider.check()
        await desk.emails()
        await desk.send(person(1, external_id="003000000000001AAA"), person(2))
        await desk.send(person(3), test=True)
    marketo.campaigns[9], marketo.sends[9] = {"id": 9, "name": "All", "isActive": True, "isRequestable": True}, 0
    async with at(marketo, folders=[{"id": 3}], generic=own) as desk:
        await desk.emails()
        marketo.lead("person4@example.com")
        marketo.fails(TRIGGER, Fault("611", does_it=True))
        desk.email = marketo.email("Another one")
        with pytest.raises(Exception, match="611"):
            await desk.send(person(4))
        await desk.found(person(4))
    return marketo.raw


@pytest.fixture
async def requests() -> list[Raw]:
    with marketo_server() as marketo:
        return await all_requests(marketo)


@contextmanager
def prism(description: Path) -> Iterator[str]:
    """A mock server of a description."""
    folder = installed(FORMS, "marketo-forms")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    command = [BIN / "node", program, "mock", "--host", "127.0.0.1", "--port", str(port), description]
    # A group of its own: `node` is a wrapper, and what it starts has to end too.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the mock server did not start")


def refusals(url: str, requests: list[Raw]) -> list[str]:
    """What the mock server found wrong."""
    found = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for method, address, headers, body in requests:
            kept = {name: value for name, value in headers.items() if name in SENT}
            answer = client.request(method, address, headers=kept, content=body)
            if answer.status_code != 200:
                found.append(f"{method} {address}: {answer.status_code} {answer.text[:300]}")
    return found


def test_every_request_has_the_form_that_the_description_wants(requests: list[Raw]) -> None:
    with prism(FORMS / "forms.json") as url:
        assert refusals(url, requests) == []
        assert len(refusals(url, wrong_requests())) == len(wrong_requests()), "the mock server sees wrong forms"


def test_the_requests_are_of_every_kind_that_the_description_has(requests: list[Raw]) -> None:
    described = json.loads((FORMS / "forms.json").read_text())["paths"]
    patterns = {path: re.compile(re.sub(r"\\\{.*?\\\}", "[^/?]+", re.escape(path)) + r"\?") for path in described}
    made = {path for path, pattern in patterns.items() if any(pattern.match(each[1]) for each in requests)}
    assert made == set(described)


def wrong_requests() -> list[Raw]:
    """Requests that are wrong in one thing each."""
    json_header = {"content-type": "application/json"}
    leads = [{"id": number} for number in range(101)]
    return [
        ("GET", "/identity/oauth/token?grant_type=client_credentials&client_secret=x", {}, b""),
        ("GET", "/rest/asset/v1/emails.json?status=bogus", {}, b""),
        ("GET", "/rest/asset/v1/emails.json?maxReturn=201", {}, b""),
        ("GET", "/rest/v1/leads.json?filterType=email", {}, b""),
        ("GET", "/rest/v1/activities.json?nextPageToken=x&activityTypeIds=1,2,3,4,5,6,7,8,9,10,11", {}, b""),
        ("GET", "/rest/asset/v2/email/filter?workspaceId=1&pageSize=50", {}, b""),
        ("POST", "/rest/v1/campaigns/9/trigger.json", json_header, json.dumps({"input": {"leads": leads}}).encode()),
        ("POST", "/rest/v1/campaigns/9/trigger.json", json_header, b'{"input": {"leadz": []}}'),
    ]


def corrected(description: dict[str, Any]) -> dict[str, Any]:
    """The public description with its three faults mended.

    Its own text and the guide part lists by commas where it says `multi`; it wants the token as a query parameter, which
    Marketo was to refuse from 2026-08-31 on; and it describes forms as bodies, so that the mock server takes none.
    """
    for methods in description["paths"].values():
        for operation in methods.values():
            operation["parameters"] = [
                mended
                for each in operation.get("parameters", [])
                if each["name"] != "access_token"
                for mended in parameters_of(each, operation, description)
            ]
    return description


def parameters_of(
    given: dict[str, Any], operation: dict[str, Any], description: dict[str, Any]
) -> list[dict[str, Any]]:
    if given.get("collectionFormat") == "multi":
        return [given | {"collectionFormat": "csv"}]
    if "$ref" not in given.get("schema", {}) or operation.get("consumes") != ["application/x-www-form-urlencoded"]:
        return [given]
    schema = description["definitions"][given["schema"]["$ref"].rsplit("/", 1)[-1]]
    return [
        {
            "name": name,
            "in": "formData",
            "required": name in schema.get("required", ()),
            "type": each.get("type", "string"),
        }
        for name, each in schema["properties"].items()
        if each.get("type") in ("string", "boolean", "integer")
    ]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_request_has_the_form_of_the_public_description(name: str, requests: list[Raw], tmp_path: Path) -> None:
    folder = os.environ.get("BG_MARKETO_DESCRIPTIONS")
    if not folder:
        pytest.skip("set BG_MARKETO_DESCRIPTIONS to a folder with the public swagger-*.json files")
    description = corrected(json.loads((Path(folder) / name).read_text()))
    (tmp_path / name).write_text(json.dumps(description))
    ours = [each for each in requests if described_in(name, each[1])]
    assert ours
    with prism(tmp_path / name) as url:
        assert refusals(url, ours) == []


def described_in(name: str, address: str) -> bool:
    """Whether a description is the one of an address."""
    if address.startswith("/identity/"):
        return "identity" in name
    return ("asset" in name) is address.startswith("/rest/asset/") and "identity" not in name
