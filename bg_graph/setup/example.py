"""The set-up file that ships with the package: richly commented, and the one that the demo is set up by."""

from pathlib import Path

EXAMPLE_FILE = Path(__file__).with_name("example.toml")
"""Where the example stands."""
