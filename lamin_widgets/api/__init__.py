"""One call to the Lamin API: where it goes, how it travels, what the reply means."""
