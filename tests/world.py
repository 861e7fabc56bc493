"""The one world builder of the tests: a tenant's records, each stated by what matters, written through the product."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import SQLModel

from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.accounts.rules import full_name, is_valid_email, shown_score, text_key, utc_day
from bg_graph.accounts.tables import (
    MARKETO,
    SALESFORCE,
    AccountJourneyRow,
    AccountRow,
    ActivityRow,
    ContactRoleRow,
    LeadRow,
    OpportunityRow,
    PersonRow,
)
from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.crm_roles import map_crm_roles
from bg_graph.buying_groups.commands.groups import create_groups
from bg_graph.buying_groups.commands.membership import assign_members, remove_members
from bg_graph.buying_groups.commands.names import index_account_names
from bg_graph.buying_groups.commands.roles import add_role, ensure_default_roles
from bg_graph.buying_groups.commands.solution_interests import SolutionInterest, add_solution_interest
from bg_graph.buying_groups.commands.stage_models import create_stage_model, publish_stage_model
from bg_graph.buying_groups.commands.templates import create_template, publish_template
from bg_graph.buying_groups.rules.completeness import RoleNeed, group_completeness, role_completeness, shown
from bg_graph.buying_groups.rules.conditions import Condition
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment
from bg_graph.buying_groups.rules.stages import Destination, Stage
from bg_graph.buying_groups.rules.templates import RoleDefinition, Weighting
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, StageRow
from bg_graph.engagement.tables import ActivityWeightRow, WeightingModelRow
from bg_graph.intent.rules import IntentKind, level_of, strength_of
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

STANDARD_ROLES = (
    RoleDefinition(DECISION_MAKER.id, Weighting.VITAL),
    RoleDefinition(INFLUENCER.id, Weighting.IMPORTANT, members_required=2),
    RoleDefinition(PRACTITIONER.id, Weighting.NORMAL, required=False),
    RoleDefinition(CHAMPION.id, Weighting.MINOR),
)
"""Roles of a template that a test does not spell out: three of the four count for completeness."""


@dataclass
class World:
    """Builds records of one tenant. Each call is a transaction of its own and gives the id of what it made.

    Two of one tenant must not be used at once: the external ids that they make up would be the same.
    """

    database: Database
    tenant: UUID
    now: datetime
    by: str = "Maria"
    _numbers: Any = field(default_factory=lambda: count(1), repr=False)
    _standard: dict[str, UUID] = field(default_factory=dict, repr=False)

    async def account(self, name: str | None = None, **columns: Any) -> UUID:
        """A company; columns of AccountRow may be given (industry, country, employee_count and so on)."""
        number = next(self._numbers)
        name = name or f"Account {number}"
        row = AccountRow(
            source=SALESFORCE,
            external_id=f"001{number:012}",
            name=name,
            name_key=text_key(name),
            created_at=self.now,
            updated_at=self.now,
            **columns,
        )
        account_id = await self.add(row)
        async with self.database.writing(self.tenant) as db:
            await index_account_names(db, [account_id])
        return account_id

    async def person(self, account_id: UUID, name: str | None = None, **columns: Any) -> UUID:
        """Somebody of an account, by full name; columns of PersonRow may be given (job_title, email, phone, ...)."""
        return (await self.people(account_id, 1, name, **columns))[0]

    async def people(self, account_id: UUID, how_many: int, name: str | None = None, **columns: Any) -> list[UUID]:
        """Several people of an account, alike but for a number in the name (none where there is only one)."""
        rows = [self._person(account_id, name, **columns) for _ in range(how_many)]
        return await self.add_all(rows)

    async def score(self, person_id: UUID, raw: float | None) -> None:
        """Set a person's engagement score as if a run had stored it (0 to 100)."""
        await self._score(PersonRow, person_id, raw)

    async def group_score(self, group_id: UUID, raw: float | None) -> None:
        """Set a group's engagement score as if a run had stored it (0 to 100)."""
        await self._score(BuyingGroupRow, group_id, raw)

    async def role(self, name: str) -> UUID:
        """A role of the tenant's own."""
        async with self.database.writing(self.tenant) as db:
            await ensure_default_roles(db)
            role_id = await add_role(db, name, by=self.by, now=self.now)
        assert isinstance(role_id, UUID), role_id
        return role_id

    async def template(self, *definitions: RoleDefinition, name: str | None = None, live: bool = True) -> UUID:
        """A roles template, LIVE unless said otherwise; without definitions it has STANDARD_ROLES."""
        name = name or f"Template {next(self._numbers)}"
        async with self.database.writing(self.tenant) as db:
            await ensure_default_roles(db)
            template_id = await create_template(db, name, definitions or STANDARD_ROLES, by=self.by, now=self.now)
            assert isinstance(template_id, UUID), template_id
            if live:
                assert not await publish_template(db, template_id, by=self.by, now=self.now)
        return template_id

    async def stage_model(self, *stages: Stage, name: str | None = None) -> UUID:
        """A LIVE stage model; without stages: Discovery, Evaluation, then Won (success) or Lost (failure)."""
        name = name or f"Stage model {next(self._numbers)}"
        async with self.database.writing(self.tenant) as db:
            model_id = await create_stage_model(db, name, stages or standard_stages(), by=self.by, now=self.now)
            assert not await publish_stage_model(db, model_id, by=self.by, now=self.now)
        return model_id

    async def interest(self, name: str | None = None, *, template: UUID | None = None, **columns: Any) -> UUID:
        """A solution interest; without a template it has one of STANDARD_ROLES.

        Columns: stage_model_id, account_conditions, opportunity_conditions (as data), description, position.
        """
        name = name or f"Interest {next(self._numbers)}"
        template_id = template or await self._standard_template()
        given = {
            "description": None,
            "stage_model_id": None,
            "position": next(self._numbers),
            "account_conditions": None,
            "opportunity_conditions": None,
            **columns,
        }
        wanted = SolutionInterest(name=name, template_id=template_id, **given)
        async with self.database.writing(self.tenant) as db:
            interest_id = await add_solution_interest(db, wanted, by=self.by, now=self.now)
        assert isinstance(interest_id, UUID), interest_id
        return interest_id

    async def group(self, account_id: UUID | None = None, interest_id: UUID | None = None) -> UUID:
        """The buying group of an account for an interest; what is not given is made, the interest once a world."""
        account_id = account_id or await self.account()
        interest_id = interest_id or await self._standard_interest()
        async with self.database.writing(self.tenant) as db:
            wanted = [(account_id, interest_id)]
            made = await create_groups(db, wanted, by=self.by, source=MembershipSource.MANUAL, now=self.now)
        return made[0]

    async def member(
        self,
        group_id: UUID,
        person_id: UUID | None = None,
        role_id: UUID = DECISION_MAKER.id,
        source: MembershipSource = MembershipSource.MANUAL,
    ) -> UUID:
        """Make a person (a new one of the group's account, where none is given) a member; gives the person's id."""
        if person_id is None:
            person_id = await self.person(await self.account_of(group_id))
        await self.members(group_id, {person_id: role_id}, source)
        return person_id

    async def members(
        self, group_id: UUID, roles: Mapping[UUID, UUID], source: MembershipSource = MembershipSource.MANUAL
    ) -> None:
        """Make several people members: person id to role id."""
        items = [RoleAssignment(person_id, role_id) for person_id, role_id in roles.items()]
        async with self.database.writing(self.tenant) as db:
            decisions = await assign_members(db, {group_id: items}, Act(self.by, source, self.now))
        decision = decisions[group_id]
        assert len(decision.changes) == len(items), decision

    async def remove(self, group_id: UUID, person_id: UUID, source: MembershipSource = MembershipSource.MANUAL) -> None:
        """Take a member out of a group."""
        async with self.database.writing(self.tenant) as db:
            decisions = await remove_members(db, {group_id: [person_id]}, Act(self.by, source, self.now))
        assert len(decisions[group_id].changes) == 1, decisions[group_id]

    async def stage(self, group_id: UUID, name: str) -> None:
        """Put a group into a stage of its stage model, by the stage's name."""
        group = await self.one(BuyingGroupRow, id=group_id)
        stage = await self.one(StageRow, stage_model_id=group.stage_model_id, name=name)
        await self.change(BuyingGroupRow, group_id, stage_id=stage.id)

    async def archive(self, group_id: UUID) -> None:
        """Archive a group."""
        await self.change(BuyingGroupRow, group_id, archived_at=self.now)

    async def activity(
        self, person_id: UUID, kind: str = "VISIT_PAGE", at: datetime | None = None, *, times: int = 1, **columns: Any
    ) -> list[UUID]:
        """Something a person did, now unless said otherwise; `times`: as often, at the same time."""
        return await self.activities([(person_id, kind, at or self.now)] * times, **columns)

    async def activities(self, done: Iterable[tuple[UUID, str, datetime]], **columns: Any) -> list[UUID]:
        """Many things that people did: who, which kind, when."""
        rows = [
            ActivityRow(
                person_id=person_id,
                kind=kind,
                at=at,
                day=utc_day(at),
                source=MARKETO,
                external_id=str(next(self._numbers)),
                **columns,
            )
            for person_id, kind, at in done
        ]
        return await self.add_all(rows)

    async def lead(self, person_id: UUID, external_id: str | None = None) -> UUID:
        """A person's record in the activity system."""
        number = external_id or str(next(self._numbers))
        return await self.add(LeadRow(source=MARKETO, external_id=number, person_id=person_id))

    async def opportunity(self, account_id: UUID, name: str | None = None, **columns: Any) -> UUID:
        """A deal of an account, open unless said otherwise; columns of OpportunityRow may be given."""
        number = next(self._numbers)
        name = name or f"Opportunity {number}"
        given = {"stage": "Prospecting", "is_open": True, **columns}
        row = OpportunityRow(
            account_id=account_id,
            source=SALESFORCE,
            external_id=f"006{number:012}",
            name=name,
            name_key=text_key(name),
            created_at=self.now,
            updated_at=self.now,
            **given,
        )
        return await self.add(row)

    async def contact_role(
        self, opportunity_id: UUID, person_id: UUID, role: str | None = None, **columns: Any
    ) -> UUID:
        """A person's part in an opportunity, in the words of the CRM."""
        row = ContactRoleRow(
            source=SALESFORCE,
            external_id=f"00K{next(self._numbers):012}",
            opportunity_id=opportunity_id,
            person_id=person_id,
            role=role,
            **columns,
        )
        return await self.add(row)

    async def crm_roles(self, mapping: Mapping[str, UUID]) -> None:
        """How roles of the CRM map to ours; the empty text is for contact roles without one."""
        async with self.database.writing(self.tenant) as db:
            await ensure_default_roles(db)
            await map_crm_roles(db, mapping, by=self.by, now=self.now)

    async def journey(self, account_id: UUID, name: str = "Welcome", **columns: Any) -> UUID:
        """An automation that an account is in."""
        given = {"status": "ACTIVE", "since": self.now, **columns}
        number = str(next(self._numbers))
        return await self.add(
            AccountJourneyRow(account_id=account_id, source=MARKETO, external_id=number, name=name, **given)
        )

    async def signal(
        self,
        subject_id: UUID,
        name: str,
        probability: float = 0.9,
        *,
        kind: IntentKind = IntentKind.SOLUTION,
        subject_kind: str = "PERSON",
        category: str | None = None,
        product: str = "",
    ) -> UUID:
        """An intent signal of a person (or group, or account); level and strength follow from the probability."""
        level = level_of(probability)
        assert level is not None, "too improbable to be a signal"
        row = IntentSignalRow(
            subject_kind=subject_kind,
            subject_id=subject_id,
            kind=kind,
            name=name,
            name_key=text_key(name),
            category=category or name,
            product=product,
            probability=probability,
            confidence=probability,
            strength=strength_of(probability),
            level=level,
            level_rank=level.rank,
            model_plugin="test",
            model_name="told",
            model_version="1",
            computed_at=self.now,
        )
        return await self.add(row)

    async def weights(self, weights: Mapping[str, int], name: str = "Own", *, active: bool = True) -> UUID:
        """A weighting model of the tenant's own, active unless said otherwise."""
        model_id = await self.add(WeightingModelRow(name=name, active=active))
        await self.add_all(
            [ActivityWeightRow(model_id=model_id, kind=kind, weight=weight) for kind, weight in weights.items()]
        )
        return model_id

    async def account_of(self, group_id: UUID) -> UUID:
        """The account of a group."""
        found = await self.rows(BuyingGroupRow, id=group_id)
        account_id: UUID = found[0].account_id
        return account_id

    async def people_in(self, group_id: UUID) -> dict[UUID, tuple[UUID, str]]:
        """Role and source of each member of a group, by person."""
        return {row.person_id: (row.role_id, row.source) for row in await self.rows(MemberRow, group_id=group_id)}

    async def check_counts(self) -> None:
        """Every group's stored counts and completeness are what the rules say of its members."""
        for group in await self.rows(BuyingGroupRow):
            held = Counter(role_id for role_id, _ in (await self.people_in(group.id)).values())
            roles = await self.rows(GroupRoleRow, group_id=group.id)
            needs = {
                row.id: RoleNeed(row.role_id, held[row.role_id], row.members_required, row.required) for row in roles
            }
            complete = group_completeness(needs.values())
            assert group.member_count == held.total()
            assert group.completeness_score == (None if complete is None else shown(complete))
            for row in roles:
                need = needs[row.id]
                share = shown(role_completeness(need.members, need.members_required))
                assert (row.member_count, row.score, row.missing) == (need.members, share, need.missing)

    async def rows(self, row: type[SQLModel], **equal: Any) -> list[Any]:
        """The tenant's rows of a table with these values, in the order of their ids."""
        table = table_of(row)
        conditions = [table.c[name] == value for name, value in equal.items()]
        statement: Select[Any] = select(table).where(of_tenant(table), *conditions).order_by(table.c.id)
        async with self.database.reading(self.tenant) as db:
            return list(await db.rows(statement))

    async def one(self, row: type[SQLModel], **equal: Any) -> Any:
        """The only row of a table with these values."""
        found = await self.rows(row, **equal)
        assert len(found) == 1, f"{len(found)} rows of {row.__name__} with {equal}"
        return found[0]

    async def add(self, row: SQLModel) -> UUID:
        """Write a row."""
        return (await self.add_all([row]))[0]

    async def add_all(self, rows: Sequence[SQLModel]) -> list[UUID]:
        """Write rows of one table."""
        async with self.database.writing(self.tenant) as db:
            added = await add_rows(db, rows)
            await mark_facts(db, FactSource.IMPORTS)
        return added

    async def change(self, row: type[SQLModel], row_id: UUID, **values: Any) -> None:
        """Set columns of a row, past the product's commands."""
        table = table_of(row)
        async with self.database.writing(self.tenant) as db:
            await db.execute(table.update().where(of_tenant(table), table.c.id == row_id).values(**values))
            await mark_facts(db, FactSource.IMPORTS)

    async def _score(self, row: type[SQLModel], row_id: UUID, raw: float | None) -> None:
        visible = None if raw is None else shown_score(raw)
        scored_at = None if raw is None else self.now
        await self.change(row, row_id, engagement_raw=raw, engagement_score=visible, scored_at=scored_at)

    async def _standard_template(self) -> UUID:
        if "template" not in self._standard:
            self._standard["template"] = await self.template(name="Standard")
        return self._standard["template"]

    async def _standard_interest(self) -> UUID:
        if "interest" not in self._standard:
            self._standard["interest"] = await self.interest("CRM")
        return self._standard["interest"]

    def _person(self, account_id: UUID, name: str | None, **columns: Any) -> PersonRow:
        number = next(self._numbers)
        first, _, last = (name or f"Person {number}").rpartition(" ")
        email = columns.get("email")
        given = {
            "title_key": _key(columns.get("job_title")),
            "email_key": _key(email),
            "email_invalid": email is not None and not is_valid_email(email),
            "phone_key": _key(columns.get("phone")),
            **columns,
        }
        return PersonRow(
            account_id=account_id,
            source=SALESFORCE,
            external_id=f"003{number:012}",
            first_name=first or None,
            last_name=last,
            name=full_name(first, last),
            name_key=text_key(full_name(first, last)),
            created_at=self.now,
            updated_at=self.now,
            **given,
        )


def standard_stages() -> tuple[Stage, ...]:
    """Discovery, Evaluation, then Won (success) or Lost (failure), from where there is a way back."""
    return (
        Stage("Discovery", "Discovery", entry=True, next=("Evaluation", "Lost")),
        Stage("Evaluation", "Evaluation", next=("Won", "Lost")),
        Stage("Won", "Won", Destination.SUCCESS),
        Stage("Lost", "Lost", Destination.FAILURE, next=("Discovery",)),
    )


async def add_rows(db: TenantConnection, rows: Sequence[SQLModel]) -> list[UUID]:
    """Write rows of one table in the given transaction."""
    values = [row.model_dump(exclude={"tenant_id"}) | {"id": new_id()} for row in rows]
    if rows:
        await db.insert(type(rows[0]), values)
    return [value["id"] for value in values]


def definition(
    role_id: UUID,
    conditions: Condition | None = None,
    *,
    required: bool = True,
    members_required: int = 1,
    weighting: Weighting = Weighting.NORMAL,
) -> RoleDefinition:
    """One role of a template, its conditions first."""
    return RoleDefinition(role_id, weighting, conditions, required, members_required)


def _key(text: str | None) -> str | None:
    return text_key(text) or None if text else None
