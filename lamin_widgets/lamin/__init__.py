"""Calls to the Lamin API and sign-in."""
