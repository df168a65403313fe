"""Lines of Python no longer than they should be, broken as the field's formatters break them."""

from collections.abc import Iterator

WIDTH = 88  # columns: what formatters have when nobody says otherwise


def laid_out(line: str, indent: int, width: int = WIDTH) -> list[str]:
    """The line, its last bracket opened where it is too long: contents on one line, or each on one of its own."""
    text = " " * indent + line
    opening = _last_bracket(line)
    if len(text) <= width or opening is None:
        return [text]
    start, end = opening
    contents = [part for part in _split(line[start + 1 : end]) if part]
    first, last = f"{' ' * indent}{line[: start + 1]}", f"{' ' * indent}{line[end:]}"
    whole = f"{' ' * (indent + 4)}{', '.join(contents)}"
    if len(whole) <= width:
        return [first, whole, last]
    if len(contents) == 1:
        return [first, *laid_out(contents[0], indent + 4, width), last]
    return [first, *(piece for part in contents for piece in laid_out(f"{part},", indent + 4, width)), last]


def _last_bracket(line: str) -> tuple[int, int] | None:
    """Where the outermost bracket that ends the line opens and closes."""
    end = max(line.rfind(bracket) for bracket in ")]}")
    depth = 0
    for i in range(end, -1, -1):
        depth += (line[i] in ")]}") - (line[i] in "([{")
        if depth == 0 and end > 0:
            return (i, end) if end > i + 1 else None
    return None


def _split(text: str) -> Iterator[str]:
    """At commas outside of brackets."""
    depth, start = 0, 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            yield text[start:i].strip()
            start = i + 1
    yield text[start:].strip()
