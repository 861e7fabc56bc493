"""The rules of e-mail: pure functions and values."""
