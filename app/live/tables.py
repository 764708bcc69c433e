from piccolo.columns import JSONB, BigInt, BigSerial, Timestamptz, Varchar
from piccolo.table import Table


class Outbox(Table, tablename="outbox"):
    """Events on their way to the relay. No foreign keys: an event outlives what it tells of."""

    id = BigSerial(primary_key=True)
    team_id = BigInt()
    user_id = BigInt(null=True, default=None)
    event = Varchar(length=64)
    payload = JSONB()
    recorded_at = Timestamptz(null=True, default=None)
