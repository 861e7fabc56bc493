"""The changes of e-mail: one function each, in the transaction of its caller."""
