from piccolo.querystring import QueryString

from app.live.events import Event, encode
from app.live.tables import Outbox
from app.piccolo_conf import DB


class OutsideTransaction(Exception):
    """An event must be recorded together with its change, else one could be true without the other."""


async def publish(*events: Event) -> None:
    """Records events next to the change that they tell of, in the caller's transaction.

    They reach open pages after the commit, and never if it is rolled back. Raises `OutsideTransaction`.
    """
    if DB.current_transaction.get() is None:
        raise OutsideTransaction
    if events:
        await Outbox.insert(
            *(
                Outbox(
                    team_id=event.team_id,
                    user_id=getattr(event, "user_id", None),
                    event=event.name,
                    payload=encode(event),
                    # Not now(), which is when the transaction began. The nearest to the commit that can be written.
                    recorded_at=QueryString("clock_timestamp()"),
                )
                for event in events
            )
        )
