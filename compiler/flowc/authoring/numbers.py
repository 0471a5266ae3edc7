"""Numbers of options: what a float and the engines can hold, and how messages show the others."""

from __future__ import annotations

import sys

from flowc.narrowing import is_dict

LARGEST = sys.float_info.max
"""An integer of any size compares with it, where `float` would raise OverflowError."""

MOST = 2**31 - 1
"""As far as the engines count."""

SHOWN = 128
"""Bits of the longest integer that a message shows."""

DIGITS_OF_A_BIT = 0.30103


def count_problem(value: object, least: int) -> str:
    """What is wrong with a count, nothing when it is one."""
    if type(value) is not int or value < least:
        return f"wants an integer from {least}"
    return f"wants an integer up to {MOST}" if value > MOST else ""


def shown(value: object) -> str:
    """The value as a message shows it: an integer that nobody could read is told by its length.

    Python refuses to write those of more than some 4300 digits.
    """
    if type(value) is int and value.bit_length() > SHOWN:
        return f"a number of about {value.bit_length() * DIGITS_OF_A_BIT:.0f} digits"
    if is_dict(value):
        return "{" + ", ".join(f"{key!r}: {shown(held)}" for key, held in value.items()) + "}"
    try:
        return repr(value)
    except ValueError:
        return "a value with a number that is too long to be written"
