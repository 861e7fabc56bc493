"""What the tests of the Marketo plugin share."""

from collections.abc import Iterator

import pytest

from tests.email.marketo_server import Marketo, marketo_server


@pytest.fixture
def marketo() -> Iterator[Marketo]:
    with marketo_server() as running:
        yield running
