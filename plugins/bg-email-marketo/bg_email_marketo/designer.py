"""E-mails of the new designer: the classic API may give them incomplete, a second one gives them whole, by workspace id."""

from collections.abc import Mapping
from typing import Any

from bg_email_marketo.activities import moment_of
from bg_email_marketo.api import Api, Call
from bg_email_marketo.catalog import Listed, Program

AT_A_TIME = 50
"""E-mails of a page. Source: providers.md, section 1."""
MOST_PAGES = 1_000
"""Pages that are followed; more is taken for a list that never ends."""


async def designed(api: Api, workspace: str, workspace_id: str) -> list[Listed]:
    """The approved e-mails of the new designer in a workspace. Raises ProviderError."""
    found: list[Listed] = []
    for page in range(MOST_PAGES):
        query: dict[str, str | int] = {
            "workspaceId": workspace_id,
            "status": "approved",
            "pageIndex": page,
            "pageSize": AT_A_TIME,
        }
        call = Call(path="/rest/asset/v2/email/filter", query=query, headers={"x-app-type": "marketo"})
        result = (await api.ask(call)).body.get("result")
        items = result.get("items") if isinstance(result, Mapping) else None
        records = [each for each in items if isinstance(each, Mapping)] if isinstance(items, list) else []
        found += [listed for each in records if (listed := _listed(each, workspace)) is not None]
        if len(records) < AT_A_TIME:
            break
    return found


def _listed(record: Mapping[str, Any], workspace: str) -> Listed | None:
    """An e-mail of an answer. The classic API's id is what campaigns and activities know; without one it is left out."""
    email_id = next((text for name in ("externalId", "id") if (text := str(record.get(name) or "")).isdecimal()), None)
    if email_id is None:
        return None
    headers, data, dates = (_part(record, name) for name in ("headers", "appData", "metadata"))
    program = str(data.get("programId") or "")
    name = str(data.get("programName") or "")
    return Listed(
        id=str(int(email_id)),
        name=str(record.get("name") or email_id),
        workspace=workspace,
        subject=str(headers["subject"]) if headers.get("subject") else None,
        program=Program(int(program), name) if program.isdecimal() and name else None,
        created_at=moment_of(dates.get("createdAt")),
        updated_at=moment_of(dates.get("modifiedAt")),
    )


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}
