"""The parts of the diagnosis: sockets, patience, and what PostgreSQL's texts mean."""
