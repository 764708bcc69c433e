"""What reading costs, by the price lists of 2026 (in US dollars)."""

from decimal import Decimal

RUN = Decimal("0.099")
"""Starting a run of Apify's stories actor, however many names it reads."""

NAME = Decimal("0.003")


def stories_cost(runs: int, names: int) -> Decimal:
    return runs * RUN + names * NAME
