"""What the form knows and does, without Jupyter: the widget shows it."""
