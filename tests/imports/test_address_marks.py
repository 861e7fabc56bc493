"""What is known of an address outlives every import: nobody comes back to the list by a file."""

from bg_graph.accounts.address_marks import mark_address, marks_of
from bg_graph.accounts.rules import AddressMark
from bg_graph.accounts.tables import AddressMarkRow, PersonRow
from tests.imports.conftest import Desk, crm_id

HEADER = "Id,AccountId,LastName,Email,HasOptedOutOfEmail,EmailBouncedDate"


def contact(number: int, email: str, opted_out: str = "false") -> str:
    return f"{crm_id('contact', number)},{crm_id('account', 1)},Person {number},{email},{opted_out},"


async def mark(desk: Desk, address_key: str, *marks: AddressMark) -> list[object]:
    news: list[object] = []
    async with desk.database.writing(desk.tenant) as db:
        for each in marks:
            news += await mark_address(db, address_key, each, at=desk.now, now=desk.now)
    return news


async def flags(desk: Desk) -> dict[str, tuple[bool, bool]]:
    return {row.last_name: (row.email_invalid, row.unsubscribed) for row in await desk.rows(PersonRow)}


async def test_a_person_imported_again_stays_unsubscribed(desk: Desk) -> None:
    desk.accounts()
    desk.table("Contact.csv", HEADER, contact(1, "ann@firm.test"))
    await desk.run()
    await mark(desk, "ann@firm.test", AddressMark.UNSUBSCRIBED, AddressMark.BOUNCED)
    before = await desk.rows(PersonRow)
    await desk.run()
    assert await flags(desk) == {"Person 1": (True, True)}
    assert await desk.rows(PersonRow) == before, "nothing changed, so that nothing is written"


async def test_a_person_imported_later_is_held_to_the_marks_of_her_address(desk: Desk) -> None:
    await mark(desk, "ann@firm.test", AddressMark.COMPLAINED)
    desk.accounts()
    desk.table("Contact.csv", HEADER, contact(1, "ANN@firm.test"), contact(2, "bob@firm.test"))
    await desk.run()
    assert await flags(desk) == {"Person 1": (False, True), "Person 2": (False, False)}


async def test_a_mark_holds_for_the_address_not_for_a_person_who_has_another_now(desk: Desk) -> None:
    desk.accounts()
    desk.table("Contact.csv", HEADER, contact(1, "ann@firm.test"))
    await desk.run()
    await mark(desk, "ann@firm.test", AddressMark.BOUNCED)
    desk.table("Contact.csv", HEADER, contact(1, "ann@new.test"), contact(2, "ann@firm.test"))
    await desk.run()
    assert await flags(desk) == {"Person 1": (False, False), "Person 2": (True, False)}


async def test_an_opt_out_of_the_crm_still_counts_and_is_taken_back_by_the_crm(desk: Desk) -> None:
    desk.accounts()
    for opted_out, expected in (("true", True), ("false", False)):
        desk.table("Contact.csv", HEADER, contact(1, "ann@firm.test", opted_out))
        await desk.run()
        assert await flags(desk) == {"Person 1": (False, expected)}


async def test_marking_an_address_twice_is_news_once(desk: Desk) -> None:
    desk.accounts()
    desk.table("Contact.csv", HEADER, contact(1, "ann@firm.test"))
    await desk.run()
    assert len(await mark(desk, "ann@firm.test", AddressMark.UNSUBSCRIBED, AddressMark.UNSUBSCRIBED)) == 1
    assert len(await desk.rows(AddressMarkRow)) == 1
    async with desk.database.reading(desk.tenant) as db:
        assert await marks_of(db, ["ann@firm.test", "bob@firm.test", None]) == {
            "ann@firm.test": frozenset({AddressMark.UNSUBSCRIBED})
        }
