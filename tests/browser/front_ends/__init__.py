"""Front ends that tests run for real, each a class with one way to start it."""
