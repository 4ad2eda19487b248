"""Register and test a PostgreSQL server with Lamin, from a notebook."""

__version__ = "0.1.0"
