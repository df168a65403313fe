"""A network's blocks, drawn: what is in them, where it stands, and the page that shows them."""
