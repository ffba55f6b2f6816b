-- Take one request from the budget KEYS[1]: GCRA as in server/lib/gcra.py, in one atomic step.
-- ARGV: microseconds that earn one request, requests at once.
-- Returns allowed (1, 0), room left in microseconds, and the values of the other KEYS.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local every = tonumber(ARGV[1])
local span = every * tonumber(ARGV[2])
-- Never more than `span` ahead: the clock may have jumped back, or the limit been lowered.
local full_at = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or now), now), now + span)
local room = now + span - full_at
local allowed = 0
if room >= every then
    allowed = 1
    room = room - every
    full_at = full_at + every
    -- '%.0f': Lua would write a number of 16 digits with 14.
    redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
end
local values = {}
if #KEYS > 1 then
    values = redis.call('MGET', unpack(KEYS, 2))
end
return {allowed, room, values}
