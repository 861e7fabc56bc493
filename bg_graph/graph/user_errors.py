"""What the user can mend, as data of a mutation's payload: code, message, and the place in the input."""

from collections.abc import Sequence
from enum import Enum

import strawberry


@strawberry.enum(description="What is wrong with an input.")
class UserErrorCode(Enum):
    """What is wrong with an input."""

    BATCH_SIZE = strawberry.enum_value("BATCH_SIZE", description="A call takes 1 to 50 items.")
    GROUP_ARCHIVED = strawberry.enum_value("GROUP_ARCHIVED", description="The buying group is archived and read-only.")
    VERSION_CONFLICT = strawberry.enum_value(
        "VERSION_CONFLICT", description="It was changed since the version that was expected."
    )
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The caller lacks a right; the message names it.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is nothing with this id that the caller may see.")
    WRONG_ACCOUNT = strawberry.enum_value(
        "WRONG_ACCOUNT", description="The person belongs to another account than the buying group."
    )
    ROLE_NOT_IN_TEMPLATE = strawberry.enum_value(
        "ROLE_NOT_IN_TEMPLATE", description="The group's roles template does not offer this role."
    )
    ALREADY_MEMBER = strawberry.enum_value("ALREADY_MEMBER", description="The person is a member already.")
    NOT_A_MEMBER = strawberry.enum_value("NOT_A_MEMBER", description="This is no member of the buying group.")
    DUPLICATE_IN_INPUT = strawberry.enum_value(
        "DUPLICATE_IN_INPUT", description="An earlier item of the call names the same person."
    )
    REMOVED_BY_HIGHER = strawberry.enum_value("REMOVED_BY_HIGHER", description="A higher source removed this person.")
    ADDED_BY_HIGHER = strawberry.enum_value("ADDED_BY_HIGHER", description="A higher source added this member.")
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="A value has a form that is not allowed; the message says which is."
    )
    NOT_UNDOABLE = strawberry.enum_value(
        "NOT_UNDOABLE", description="This change is of a kind that cannot be taken back."
    )
    CHANGED_SINCE = strawberry.enum_value(
        "CHANGED_SINCE", description="A later change touched the same people; it is named."
    )
    MOVE_NOT_ALLOWED = strawberry.enum_value(
        "MOVE_NOT_ALLOWED", description="The stage model does not allow this move."
    )
    STAGE_NOT_IN_MODEL = strawberry.enum_value(
        "STAGE_NOT_IN_MODEL", description="The group's stage model has no such stage."
    )
    NO_STAGE_MODEL = strawberry.enum_value("NO_STAGE_MODEL", description="The group has no stage model, so no stages.")
    NOT_AN_ENTRY_STAGE = strawberry.enum_value(
        "NOT_AN_ENTRY_STAGE", description="A group's first stage must be an entry stage."
    )
    SUCCESS_IS_FINAL = strawberry.enum_value(
        "SUCCESS_IS_FINAL", description="The group is in a success stage, which is final."
    )
    EMAIL_NOT_APPROVED = strawberry.enum_value(
        "EMAIL_NOT_APPROVED", description="The e-mail is not approved, or has nothing that could be."
    )
    EMAIL_NOT_SENDABLE = strawberry.enum_value(
        "EMAIL_NOT_SENDABLE", description="The provider cannot send this e-mail; the message says why."
    )
    EMAIL_FAULTY = strawberry.enum_value("EMAIL_FAULTY", description="The e-mail's template has faults; each is told.")
    KEY_USED_FOR_OTHER = strawberry.enum_value(
        "KEY_USED_FOR_OTHER", description="The idempotency key was used for another send before."
    )
    NOT_CANCELLABLE = strawberry.enum_value("NOT_CANCELLABLE", description="Nothing of the send is queued any more.")
    NOT_UNKNOWN = strawberry.enum_value(
        "NOT_UNKNOWN", description="Only a delivery whose outcome is unknown can be settled by hand."
    )
    TOO_MANY_TESTS = strawberry.enum_value(
        "TOO_MANY_TESTS", description="More tests were sent within a minute than may be; wait a little."
    )
    NO_SUMMARY = strawberry.enum_value(
        "NO_SUMMARY", description="There is no summary that could be rated yet; ask for it first."
    )
    PROVIDER_FAILED = strawberry.enum_value(
        "PROVIDER_FAILED", description="The e-mail provider did not do it; the message says why."
    )


@strawberry.type(description="Something in the input that the user can mend.")
class UserError:
    """Something in the input that the user can mend."""

    code: UserErrorCode = strawberry.field(description="What is wrong, as a word that programs may rely on.")
    message: str = strawberry.field(description="What is wrong, and what to do.")
    path: list[str] = strawberry.field(description="Where in the input: names of fields and numbers of items, from 0.")


def user_error(code: str, message: str, *path: str | int, under: Sequence[str] = ("input",)) -> UserError:
    """A user error at a place of the input; `code` is the name of one of the codes."""
    return UserError(code=UserErrorCode[str(code)], message=message, path=[*under, *map(str, path)])
