"""Who may do what: everybody in a team edits its clients, managers decide which there are."""

ROLES = ("owner", "admin", "manager", "member")

_MANAGERS = ("owner", "admin", "manager")


def may_manage(role: str) -> bool:
    """Add and remove clients, hide stories, set thresholds."""
    return role in _MANAGERS
