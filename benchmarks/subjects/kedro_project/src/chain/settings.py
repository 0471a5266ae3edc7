"""Kedro looks for this module; nothing differs from its defaults."""
