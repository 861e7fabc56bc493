"""Buying groups, their members and their set-up as they are shown."""
