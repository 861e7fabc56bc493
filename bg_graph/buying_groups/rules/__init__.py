"""The rules of buying groups, split by noun: pure functions and frozen values, no I/O and no framework."""
