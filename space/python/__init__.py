"""A network as a Python file that needs nothing but torch."""
