"""The language server: each file maps one feature from facts to the protocol."""
