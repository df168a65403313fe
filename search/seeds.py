"""Seeds: every draw of a run has one of its own, named by what it is for."""

import hashlib
import json


def seed_for(*parts: str | int) -> int:
    """A 63-bit seed that depends on all parts and on nothing else: SHA-256 of their canonical JSON."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
