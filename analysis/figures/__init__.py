"""The figures of a report: for each a frozen info with its numbers, and a function that only draws it."""
