"""Who may do what: everybody edits clients, managers decide which there are, admins who belongs to the team."""

ROLES = ("owner", "admin", "manager", "member")

MANAGERS = ("owner", "admin", "manager")


def may_manage(role: str) -> bool:
    """Add and remove clients, hide stories, set thresholds, pair walls."""
    return role in MANAGERS


def may_administer(role: str) -> bool:
    """Change the team itself: its name, zone and threshold, and who belongs to it."""
    return role in ("owner", "admin")
