"""The conformance cases on the real engines: many at once on one warm server each.

A target's cases are compiled, placed and started together, in waves: the first runs of all cases,
then the second runs of those that have one, with their edits. Each is judged by itself.
"""
