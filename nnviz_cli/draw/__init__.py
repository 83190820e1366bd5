"""A recording to pixels."""
