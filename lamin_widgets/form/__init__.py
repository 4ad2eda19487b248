"""The fields of the form: checks, connection strings, code, and allow-lists."""
