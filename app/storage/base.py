from typing import Protocol


class Storage(Protocol):
    """Keeps pictures under stable keys such as `stories/17/3829551766916980620.jpg`. Private: only we serve them."""

    async def put(self, key: str, data: bytes) -> None:
        """Stores whole or not at all; an existing key is replaced."""
        ...

    async def get(self, key: str) -> bytes | None:
        """None where nothing is kept under the key."""
        ...

    async def delete(self, key: str) -> None:
        """Does nothing where the key is unknown."""
        ...
