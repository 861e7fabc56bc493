"""What is installed for e-mail is told by the `plugins` query."""

from tests.screens.conftest import Ask


async def test_the_provider_that_sends_is_listed_with_its_version(ask: Ask) -> None:
    found = await ask("{ plugins { name version capability provider healthy } }")
    (email,) = (each for each in found.data["plugins"] if each["capability"] == "email")
    assert email.pop("version")
    assert email == {"name": "outbox", "capability": "email", "provider": "outbox", "healthy": True}
