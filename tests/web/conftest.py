"""What the tests of routes share."""

from tests.browser import chromium, watched_page

__all__ = ["chromium", "watched_page"]
