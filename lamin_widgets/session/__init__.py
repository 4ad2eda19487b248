"""The form without Jupyter: one state, its events, and the view drawn from it."""
