"""The documents of the screen's tabs, ready to run: what GraphiQL opens with, and what the tests ask."""
