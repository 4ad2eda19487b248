"""The view with a scripted model, without a kernel."""
