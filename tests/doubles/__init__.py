"""Test doubles and helpers. Servers listen on loopback by default.

- `raw_server`: a TCP server that sends exactly the bytes that a test wants
- `postgres_server`: a scripted PostgreSQL server
- `ports`: ports that don't connect
- `tls_front`: a relay that adds TLS to a PostgreSQL server
- `api_server`: an HTTP API with scripted replies
- `proxies`: HTTP and SOCKS proxies
- `account_process`: a Python process that signs in with lamindb_setup
- `processes`: waiting for conditions, and the state of processes and threads
- `texts`: secrets, values of fields, and checks of the texts that users read
"""
