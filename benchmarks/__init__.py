"""What flowc costs beside its peers, measured in one go: ``python -m benchmarks``.

Nothing here asserts a time: machines differ, and so does the same machine an hour later. What
holds still are the ratios to a peer or a floor that was measured in the same minute.
"""
