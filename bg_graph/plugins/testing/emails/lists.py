"""Checks of the lists of a provider that has e-mails of its own: complete, without repeats, ending."""

from collections.abc import Collection
from typing import Any

from bg_graph.plugins.email import ApprovedEmail, EmailAbility, ListRequest, Workspace
from bg_graph.plugins.errors import Unsupported
from bg_graph.plugins.testing.checks import NotForThis, demand, skipped
from bg_graph.plugins.testing.emails.calls import EmailCalls
from bg_graph.plugins.testing.exam import check

_MOST_PAGES = 500


class ListChecks(EmailCalls):
    """What a provider lists."""

    known_emails: Collection[str] | None = None
    """Ids of all approved e-mails that the system of the exam has; more than fit on one page show most."""
    known_workspaces: Collection[str] | None = None
    """Ids of all workspaces that it has."""

    @check()
    async def test_lists_end_and_repeat_nothing(self) -> None:
        """Following the cursors comes to an end, and shows nothing twice."""
        async with self.provider() as built:
            for method in ("list_workspaces", "list_emails"):
                ids = [each.id for each in await self._all(built, method)]
                demand(len(ids) == len(set(ids)), f"{method} shows {len(ids) - len(set(ids))} of {len(ids)} twice.")

    @check()
    async def test_lists_are_complete(self) -> None:
        """Everything that the system has is on one of the pages."""
        async with self.provider() as built:
            for method, known in (("list_workspaces", self.known_workspaces), ("list_emails", self.known_emails)):
                listed = {each.id for each in await self._all(built, method)}
                if known is None:
                    skipped("known_emails and known_workspaces: ids of all that the system of the exam has")
                demand(not set(known) - listed, f"{method} leaves out {len(set(known) - listed)} of {len(known)}.")
                demand(not listed - set(known), f"{method} shows {len(listed - set(known))} that are not there.")

    @check()
    async def test_an_email_belongs_to_a_workspace_that_is_listed(self) -> None:
        """The workspace of each e-mail is one of the list."""
        async with self.provider() as built:
            workspaces = {each.id for each in await self._all(built, "list_workspaces")}
            strange = {each.workspace_id for each in await self._all(built, "list_emails")} - workspaces
        demand(not strange, f"E-mails name workspaces that are not listed: {', '.join(sorted(strange))}.")

    @check()
    async def test_a_workspace_shows_its_own_emails(self) -> None:
        """With a workspace asked for, its e-mails and no others are shown."""
        async with self.provider() as built:
            everything: list[ApprovedEmail] = await self._all(built, "list_emails")
            for workspace in {each.id for each in await self._all(built, "list_workspaces")}:
                shown = await self._all(built, "list_emails", workspace_id=workspace)
                expected = {each.id for each in everything if each.workspace_id == workspace}
                demand(
                    {each.workspace_id for each in shown} <= {workspace},
                    "list_emails of one workspace shows others' too.",
                )
                demand(
                    expected <= {each.id for each in shown}, "list_emails of one workspace leaves out some of its own."
                )

    @check()
    async def test_listed_times_are_aware(self) -> None:
        """Each time has its zone."""
        async with self.provider() as built:
            for email in await self._all(built, "list_emails"):
                times = [each for each in (email.created_at, email.updated_at) if each is not None]
                demand(all(each.tzinfo for each in times), f"A time of the e-mail {email.id} has no zone.")

    @check()
    async def test_what_it_does_not_keep_is_unsupported(self) -> None:
        """A provider with HOST_CONTENT says that it has no lists."""
        self.needs(EmailAbility.HOST_CONTENT)
        async with self.provider() as built:
            for method in ("list_workspaces", "list_emails"):
                try:
                    await built.call(method, ListRequest(tenant="alpha"))
                except Unsupported:
                    continue
                demand(False, f"{method} has to raise Unsupported with HOST_CONTENT.")

    async def _all(self, built: Any, method: str, *, workspace_id: str | None = None) -> list[Any]:
        """All pages of a list."""
        if EmailAbility.HOST_CONTENT in self.plugin_abilities():
            raise NotForThis("it declares HOST_CONTENT: the host keeps the e-mails")
        items: list[Workspace | ApprovedEmail] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await built.call(method, ListRequest(tenant="alpha", cursor=cursor, workspace_id=workspace_id))
            items += page.items
            if page.next_cursor is None:
                return items
            demand(page.next_cursor != cursor, f"{method} gives the same cursor again.")
            cursor = page.next_cursor
        demand(False, f"{method} had not ended after {_MOST_PAGES} pages.")
        return items
