"""The names and scripts that relay and hub share in Redis."""

LIVE = "live"
"""The stream that is kept for replay, and the channel on which each entry is announced."""

NOTED = "live:outbox"
"""The newest outbox id that went out, to notice a database that went back in time."""

LIFE = "live:database"
"""The life of the database that the entries are from."""

KEPT = 20_000
"""Entries kept for replay; ticks alone fill it in 28 hours."""

START = "start"
"""The first entry of a new stream: whoever takes it knows nothing of what was before."""

TICK = "tick"

# One atomic call appends and announces, so that a message's `prev` is always the entry before it.
# KEYS: stream, noted outbox id. ARGV: entries kept, newest outbox id (0: none), entries...
APPEND = """
local prev = '0-0'
local function append(entry)
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', entry)
  redis.call('PUBLISH', KEYS[1], prev .. '|' .. id .. '|' .. entry)
  prev = id
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  append('start')
else
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then prev = info[i + 1] end
  end
end
for i = 3, #ARGV do append(ARGV[i]) end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[2], ARGV[2]) end
return prev
"""
