"""Limits that hold exactly: requests and tokens a window, requests at a time, money a month, for each team.

One script in the store (Redis or Valkey) looks at every limit and takes from all of them or from none, so that no
number of gateways and clients gets more than was allowed. What a request may cost at most is held until it is known
what it did cost; what a gateway held when it died comes back when its lease is over.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from domicile_policy import RefusedError

RESERVE = """
local t = redis.call('TIME')
local now = tonumber(t[1])
local window = tonumber(ARGV[1])
local bucket = math.floor(now / window)
local requests = KEYS[1] .. ':' .. bucket
local tokens = KEYS[2] .. ':' .. bucket
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[4], id)
end
local held = 0
for _, amount in ipairs(redis.call('HVALS', KEYS[4])) do held = held + tonumber(amount) end
local left = (bucket + 1) * window - now
local function over(limit, used, need) return tonumber(limit) >= 0 and used + need > tonumber(limit) end
if over(ARGV[2], tonumber(redis.call('GET', requests) or '0'), 1) then return {'requests', left} end
if over(ARGV[3], tonumber(redis.call('GET', tokens) or '0'), tonumber(ARGV[6])) then return {'tokens', left} end
if over(ARGV[4], redis.call('ZCARD', KEYS[3]), 1) then return {'parallel', 1} end
if over(ARGV[5], tonumber(redis.call('GET', KEYS[5]) or '0') + held, tonumber(ARGV[7])) then return {'money', 0} end
redis.call('INCR', requests)
redis.call('EXPIRE', requests, window * 2)
redis.call('INCRBY', tokens, ARGV[6])
redis.call('EXPIRE', tokens, window * 2)
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[9]), ARGV[8])
redis.call('HSET', KEYS[4], ARGV[8], ARGV[7])
return {'', bucket}
"""
SETTLE = """
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then
  redis.call('HDEL', KEYS[3], ARGV[1])
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[2]) end
end
redis.call('INCRBY', KEYS[4], ARGV[3])
redis.call('EXPIRE', KEYS[4], 34560000)
return redis.call('GET', KEYS[4])
"""
LIMITS = {
    "requests": "{used} requests in {window} s are all this team may send",
    "tokens": "this request would pass the team's {used} tokens in {window} s",
    "parallel": "{used} requests at a time are all this team may send",
    "money": "this request could pass the team's budget of {used} USD this month",
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a request holds: to be settled once."""

    id: str
    team: str
    bucket: int
    tokens: int
    micro_usd: int


class Ledger:
    """The limits of all teams, in one store."""

    def __init__(self, store: Any, *, window_s: int, lease_s: int, failure: type[Exception]) -> None:
        """``store`` is an asynchronous Redis client; ``failure`` what it raises when it cannot be reached."""
        self._store = store
        self._reserve = store.register_script(RESERVE)
        self._settle = store.register_script(SETTLE)
        self._window_s = window_s
        self._lease_s = lease_s
        self._failure = failure

    async def reserve(self, team: str, limits: dict[str, Any], call: str, tokens: int, micro_usd: int) -> Held:
        """Take what a request may use at most.

        Raises:
            RefusedError: a limit would be passed, or the store cannot be asked.
        """
        usd = limits["monthly_usd"]
        wanted = [
            self._window_s,
            _or_none(limits["requests"]),
            _or_none(limits["tokens"]),
            _or_none(limits["parallel"]),
            -1 if usd is None else round(usd * 1_000_000),
            tokens,
            micro_usd,
            call,
            self._lease_s,
        ]
        try:
            reason, number = await self._reserve(keys=_keys(team), args=wanted)
        except (TimeoutError, self._failure, OSError):
            text = "the limits cannot be checked now, so nothing is sent: try again shortly"
            raise RefusedError(503, "limits_unavailable", text, 5) from None
        reason = reason.decode() if isinstance(reason, bytes) else reason
        if reason:
            limit = usd if reason == "money" else limits[reason]
            text = LIMITS[reason].format(used=limit, window=self._window_s)
            raise RefusedError(429, f"limit_{reason}", text, int(number))
        return Held(call, team, int(number), tokens, micro_usd)

    async def settle(self, held: Held, tokens: int, micro_usd: int) -> int:
        """Give back what was not used, and book what was; the team's spending this month in millionths of a dollar."""
        requests, used, slots, reserved, spent = _keys(held.team)
        del requests
        keys = [f"{used}:{held.bucket}", slots, reserved, spent]
        try:
            return int(await self._settle(keys=keys, args=[held.id, tokens - held.tokens, micro_usd]))
        except (TimeoutError, self._failure, OSError):
            return -1


def _or_none(limit: int | None) -> int:
    return -1 if limit is None else limit


def _keys(team: str) -> list[str]:
    base = f"domicile:{{{team}}}"
    month = dt.datetime.now(dt.UTC).strftime("%Y-%m")
    return [f"{base}:requests", f"{base}:tokens", f"{base}:running", f"{base}:held", f"{base}:spent:{month}"]
