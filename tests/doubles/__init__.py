"""Test doubles: servers on loopback that no real product would let you have."""
