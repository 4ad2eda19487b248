"""Diagnosis of a PostgreSQL server from this machine."""
