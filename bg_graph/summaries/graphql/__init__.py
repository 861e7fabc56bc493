"""Summaries in GraphQL."""
