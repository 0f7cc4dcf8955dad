"""Archives of an organisation's memory: `form` says what stands in one, `writing` makes them, `reading` distrusts them.

`docs/guides/export-format.md` tells it to those who read archives elsewhere.
"""
