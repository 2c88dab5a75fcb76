"""Starting files of events, costs, accounts, scenarios and limits, commented, each of which can be used as it is."""

from __future__ import annotations

EVENT = """# NAME: pieces of news, and when on their day they came.
#
# hedgebook events --events NAME.toml
# hedgebook study NAME-1 --events NAME.toml
# hedgebook run --events NAME.toml --event NAME-1
#
# A day and a timing alone need no file: hedgebook run --event 2026-07-01:pre-open

[[events]]
id = "NAME-1" # small letters, digits and dashes
announced_on = 2026-07-01 # the day in New York
# pre-open: traded at that session's open; intraday and after-close: at the next one's; weekend: a day without a session
timing = "pre-open"
# announced_at = 2026-07-01T08:00:00-04:00 # the moment, where it is known
headline = "What was announced, in a sentence"
sources = ["where it can be read"]
# What it was expected to favour and to hurt, buckets or tickers; a hypothesis that `hedgebook events-backtest` tests.
expected_winners = ["META"]
expected_losers = ["neocloud"]
tags = ["own"] # chosen by, as in --tags own
confidence = "one source"
notes = ""

# A second one begins with [[events]] again.
"""
COSTS = """# NAME: what trading and holding cost. What is left out stands as in the default costs.
#
# hedgebook run --costs NAME.toml
#
# base = "none" would leave out everything that is not written here.
base = "default"

[commission]
rate_bps = 0.5 # of the traded value; 1 bps is a hundredth of a percent
# min_usd = 1.0 # the least that an order pays

[half_spread]
# default_bps = 5.0 # of a bucket that is not named; given here, the default costs' own buckets and tiers of
# # liquidity do not count any more
by_bucket_bps = { neocloud = 4.0 } # buckets of your universe; an unknown one is refused
by_ticker_bps = { META = 0.5 } # goes before its bucket

[slippage]
by_ticker_bps = { META = 2.0 }

[impact]
y = 0.7 # of the square-root law; 0 switches it off
window_sessions = 20 # of volume and volatility before each session

[borrow]
by_ticker_annual = { META = 0.003 } # a fraction of the value a year: 0.003 is 0.3%
# file = "borrow.csv" # date, ticker, rate_annual; goes before the rates above
# [[borrow.spikes]] # a fee that multiplies for a while
# names = ["neocloud"]
# first = 2026-07-01
# sessions = 10
# multiple = 3.0

[cash]
rate_annual = 0.03 # paid on cash
margin_rate_annual = 0.055 # owed on debt
# exchange_bps = 2.0 # half the spread at which money of another currency is changed
# by_currency = { KRW = { rate_annual = 0.025, margin_rate_annual = 0.045 } } # others have the rates above
"""
ACCOUNT = """# NAME: the rules that an account obeys. What is left out is not enforced.
#
# hedgebook run --account NAME.toml
# hedgebook risk BOOK.csv --prices PRICES --account NAME.toml

max_stale_sessions = 5 # a held ticker without a price for longer is closed at the last one
# currency_hedge_frac = 1.0 # the part of what is held abroad that is paid with money of its own currency; 0: none

[orders]
whole_shares = true
min_order_usd = 500.0
participation_frac = 0.05 # of a day's volume at most
adv_window_sessions = 20

[shorts]
rule_201 = "defer" # after a fall of 10% short sales wait; "ignore" lets them through

[margin]
on_call = "reduce" # "report" only says it, "off" does not look
house_by_ticker = { META = 1.0 } # the broker's multiple of the requirement, at least 1

[delisting]
recovery_frac = 0.5 # of the last price, where a universe or this file says that a ticker is delisted
"""
SCENARIO = """# NAME: what if. Paths are cumulative moves from the start as fractions, one number a step.
#
# hedgebook risk BOOK.csv --prices PRICES --scenarios NAME.toml
#
# kind: "bucket" or "ticker" moves as it stands; "index": what hangs on a ticker moves with its beta; "factor": market,
# semis, bitcoin, momentum. basis = "fact" needs a reason that says where the number was found.

[[scenarios]]
name = "NAME-fall"
title = "The market falls by a fifth"
note = "Say here what happens and why."
sessions = 20 # how long the path takes
moves = [
    { kind = "index", of = "SPY", path = [-0.08, -0.15, -0.20], basis = "assumption", reason = "a usual bear market" },
]

[[scenarios]]
name = "NAME-squeeze"
title = "The shorts are bought in"
sessions = 5
moves = []
shorts = [{ of = "all", borrow_annual = 0.5, buy_in = 0.10, reason = "fees and prices of crowded names" }]
volatility = [{ of = "all", points = 0.20, reason = "of options alone: 20 points more by the end" }]
"""
LIMITS = """# NAME: what a book must be within after a trade.
#
# hedgebook ticket --limits NAME.toml
# hedgebook ticket TRADE --book BOOK.csv --limits NAME.toml
#
# Fractions: 0.25 is 25%. A figure that is exactly its bound passes; beyond `warn` a word is said. A table that is left
# out limits nothing, and a limit that cannot be evaluated does not pass.

confidence = 0.95 # of VaR and ES, losses of one session

[gross]
max = 2.0 # sum of absolute values, of NAV
warn = 1.8

[net]
max = 0.5 # of signed values, without its sign

[position]
max = 0.55 # of a single name
by_name = { CRWV = 0.25 } # goes before max

[bucket]
max = 0.6 # absolute values of a bucket's names
# by_name = { neocloud = 0.5 }

[factor_beta]
max = 1.5 # of NAV to any factor, without its sign
# by_name = { market = 0.3, semis = 0.3 }

[var]
max = 0.08

[es]
max = 0.10

[adv]
max = 0.05 # an order, of its ticker's average daily value
warn = 0.02

[borrow]
max = 0.15 # fee of a short, a year

[headroom]
min = 0.25 # NAV less the maintenance requirement, of NAV

[stress]
max = 0.25 # loss of the worst scenario or replay
# by_name = { short-squeeze = 0.2 }

[concentration]
max = 0.5 # sum of squared shares of the gross value; 1 is a single name

# Greeks of shares and options together, USD, without their sign; by_name: of tickers and buckets.
# [delta_usd]
# max = 500000 # value of as many shares
# by_name = { CRWV = 100000, neocloud = 250000 }
# [gamma_usd]
# max = 20000 # change of delta where prices rise by 1%
# [vega_usd]
# max = 5000 # for one point of volatility
# [theta_usd_day]
# max = 2000 # a calendar day
"""
FILES = {"event": EVENT, "costs": COSTS, "account": ACCOUNT, "scenario": SCENARIO, "limits": LIMITS}
# How each is used, and how it is looked at, with the file's name in place of NAME.
COMMANDS = {
    "limits": ("hedgebook ticket --limits NAME.toml", "hedgebook ticket --limits NAME.toml --json"),
    "event": ("hedgebook run --events NAME.toml --event NAME-1", "hedgebook events --events NAME.toml"),
    "costs": ("hedgebook run --costs NAME.toml", "hedgebook run --costs NAME.toml --json"),
    "account": ("hedgebook run --account NAME.toml", "hedgebook run --account NAME.toml --json"),
    "scenario": (
        "hedgebook risk BOOK.csv --prices PRICES --scenarios NAME.toml",
        "hedgebook risk RUN_FOLDER --scenarios NAME.toml",
    ),
}


def filled(text: str, name: str) -> str:
    """A text with the file's name put in; identifiers have small letters and dashes alone."""
    return text.replace("NAME-", f"{name.lower().replace('_', '-').strip('-')}-").replace("NAME", name)
