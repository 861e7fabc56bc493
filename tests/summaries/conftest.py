"""Summaries are asked for as the screens are: through the schema, as a caller of the world's tenant."""

from tests.screens.conftest import ask, schema, world

__all__ = ["ask", "schema", "world"]
