"""Values and vocabulary that every other package uses."""
